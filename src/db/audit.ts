import type { RowDataPacket } from 'mysql2/promise';
import type { Finding } from '../domain/audit.js';
import { orderChecks } from './audit-checks/orders.js';
import { paymentChecks } from './audit-checks/payments.js';
import { stockChecks } from './audit-checks/stock.js';
import { translated } from './connection-errors.js';
import { atLength } from './patience.js';
import type { Pool } from './pool.js';

const checks = [...stockChecks, ...orderChecks, ...paymentChecks];

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
