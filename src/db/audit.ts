import type { RowDataPacket } from 'mysql2/promise';
import type { Finding, Invariant } from '../domain/audit.js';
import { translated } from './connection-errors.js';
import { atLength } from './patience.js';
import type { Pool } from './pool.js';

/** Each query answers with what is wrong: a `subject` and a `detail` a row, nothing when the rule holds. */
interface Check {
  readonly invariant: Invariant;
  readonly sql: string;
}

const lines = (source: string, column: string) =>
  `JSON_TABLE(${source}.${column}, '$[*]' COLUMNS (sku VARCHAR(64) PATH '$.sku', quantity INT PATH '$.quantity')) line`;

/** What the reservations themselves add up to, beside what the stock's own columns say. */
const heldBySku = `
  SELECT line.sku, SUM(IF(COALESCE(o.status, 'placed') = 'placed', line.quantity, 0)) AS reserved,
    SUM(IF(o.status = 'paid', line.quantity, 0)) AS sold
  FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id, ${lines('c', 'items')}
  GROUP BY line.sku`;

const checks: readonly Check[] = [
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('sku ', p.sku) AS subject,
        CONCAT('initial ', initial, ', available ', available, ', reserved ', p.reserved, ', sold ', p.sold) AS detail
      FROM products p
      WHERE initial <> available + p.reserved + p.sold OR available < 0 OR p.reserved < 0 OR p.sold < 0`,
  },
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('sku ', p.sku) AS subject, CONCAT('the stock says reserved ', p.reserved, ' and sold ', p.sold,
        '; the orders say reserved ', COALESCE(h.reserved, 0), ' and sold ', COALESCE(h.sold, 0)) AS detail
      FROM products p LEFT JOIN (${heldBySku}) h ON h.sku = CONVERT(p.sku USING utf8mb4)
      WHERE p.reserved <> COALESCE(h.reserved, 0) OR p.sold <> COALESCE(h.sold, 0)`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', c.order_id) AS subject, CONCAT('neither paid nor canceled, deadline ', c.expires_at) AS detail
      FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
      WHERE COALESCE(o.status, 'placed') = 'placed' AND c.expires_at < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject, CONCAT('is ', o.status, ' with payment ',
        COALESCE(o.payment_id, 'none'), ', cancel reason ', COALESCE(o.cancel_reason, 'none'), ', settled ',
        COALESCE(o.settled_at, 'never')) AS detail
      FROM orders o
      WHERE (o.status = 'paid') <> (o.payment_id IS NOT NULL)
        OR (o.status = 'canceled') <> (o.cancel_reason IS NOT NULL)
        OR (o.status = 'placed') <> (o.settled_at IS NULL)`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject, 'differs from its checkout in user, amount, currency or times' AS detail
      FROM orders o LEFT JOIN checkouts c ON c.order_id = o.order_id
      WHERE c.order_id IS NULL OR c.user_id <> o.user_id OR c.amount <> o.amount OR c.currency <> o.currency
        OR c.expires_at <> o.expires_at`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject,
        CONCAT('is ', o.status, ', its stock was ', COALESCE(m.kind, 'not moved')) AS detail
      FROM orders o LEFT JOIN stock_movements m ON m.order_id = o.order_id
      WHERE NOT (m.kind <=> CASE o.status WHEN 'paid' THEN 'sold' WHEN 'canceled' THEN 'released' END)`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', reserved.order_id) AS subject, 'its items are not those that were reserved' AS detail
      FROM (SELECT c.order_id, line.sku, line.quantity, JSON_LENGTH(c.items) AS items
        FROM checkouts c JOIN orders o ON o.order_id = c.order_id, ${lines('c', 'items')}) reserved
      LEFT JOIN order_items i ON i.order_id = reserved.order_id AND CONVERT(i.sku USING utf8mb4) = reserved.sku
        AND i.quantity = reserved.quantity
      WHERE i.order_id IS NULL
        OR items <> (SELECT COUNT(*) FROM order_items every WHERE every.order_id = reserved.order_id)
      GROUP BY reserved.order_id`,
  },
  {
    invariant: 'I4',
    sql: `SELECT CONCAT('order ', c.order_id) AS subject, CONCAT('still holds stock, deadline ', c.expires_at) AS detail
      FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
      WHERE COALESCE(o.status, 'placed') = 'placed' AND c.expires_at < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('for order ', p.order_id, ' is not decided since ', p.received_at) AS detail
      FROM payments p WHERE p.status = 'received' AND p.received_at < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('is accepted for order ', p.order_id, ', which is ', COALESCE(o.status, 'not there'), ' by ',
          COALESCE(o.payment_id, 'no payment')) AS detail
      FROM payments p LEFT JOIN orders o ON o.order_id = p.order_id
      WHERE p.status = 'accepted' AND NOT (o.status <=> 'paid' AND o.payment_id <=> p.payment_id)`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject,
        CONCAT('is paid by ', o.payment_id, ', which is ', COALESCE(p.status, 'not there')) AS detail
      FROM orders o LEFT JOIN payments p ON p.payment_id = o.payment_id
      WHERE o.payment_id IS NOT NULL AND NOT (p.status <=> 'accepted' AND p.order_id <=> o.order_id)`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('is ', p.status, ', refund ', COALESCE(p.refund_id, 'none'), ', reason ', COALESCE(p.refund_reason, 'none')) AS detail
      FROM payments p
      WHERE (p.status = 'refunded') <> (p.refund_id IS NOT NULL)
        OR (p.status IN ('refund_required', 'refunded')) <> (p.refund_reason IS NOT NULL)`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', e.payment_id) AS subject, CONCAT('event ', e.event_id, ' told of it, and it is not there') AS detail
      FROM payment_events e LEFT JOIN payments p ON p.provider = e.provider
        AND p.payment_id IN (e.payment_id, CONCAT(e.provider, ':', e.payment_id))
      WHERE e.type = 'payment.succeeded' AND p.payment_id IS NULL`,
  },
];

/** Runs every check that the database alone can answer. @param slackSeconds how late is still in time */
export async function auditDatabase(pool: Pool, slackSeconds: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { invariant, sql } of checks) {
    const rows = await select<{ subject: string; detail: string }>(
      pool,
      sql.replaceAll(':slack', String(Math.trunc(slackSeconds))),
    );
    findings.push(...rows.map(({ subject, detail }) => ({ invariant, subject, detail })));
  }
  return findings;
}

/** How much was looked at, so that a clean audit of an empty shop is not mistaken for a proof. */
export async function countAudited(pool: Pool): Promise<{ skus: number; checkouts: number; payments: number }> {
  const rows = await select<{ skus: number; checkouts: number; payments: number }>(
    pool,
    `SELECT (SELECT COUNT(*) FROM products) AS skus, (SELECT COUNT(*) FROM checkouts) AS checkouts,
       (SELECT COUNT(*) FROM payments) AS payments`,
  );
  const { skus = 0, checkouts = 0, payments = 0 } = rows[0] ?? {};
  return { skus, checkouts, payments };
}

/** Orders that are open: published and not yet recorded, or placed. Somebody must be on the way to end them. */
export async function openOrders(
  pool: Pool,
  slackSeconds: number,
): Promise<{ readonly orderId: string; readonly recorded: boolean }[]> {
  const rows = await select<{ orderId: string; recorded: number }>(
    pool,
    `SELECT c.order_id AS orderId, o.order_id IS NOT NULL AS recorded
     FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
     WHERE c.published_at < UTC_TIMESTAMP(3) - INTERVAL ? SECOND AND COALESCE(o.status, 'placed') = 'placed'`,
    [slackSeconds],
  );
  return rows.map(({ orderId, recorded }) => ({ orderId, recorded: recorded === 1 }));
}

/** Reads whole tables, which takes its time in a big shop. */
async function select<Row>(pool: Pool, sql: string, values: readonly number[] = []): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>({ sql, values: [...values], ...atLength });
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
