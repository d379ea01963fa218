import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { Pool } from '../src/db/driver/pool.js';

const BATCH = 2_000;
const LINES = [{ quantity: 1 }];
const HOUR_MS = 60 * 60_000;

/**
 * Fills a database with the rows of closed and open orders, by multi-row inserts. Of three closed orders of the last
 * thirty days, two are paid and one is canceled. The open orders are recorded, and their deadline is ahead. Each order
 * buys one unit of `sku`, whose stock must exist.
 */
export async function loadOrders(
  pool: Pool,
  options: {
    readonly sku: string;
    readonly closed: number;
    readonly open: number;
    /** The open orders are neither published nor recorded: they wait in the outbox. */
    readonly inOutbox?: boolean;
    readonly progress?: (orders: number) => void;
  },
): Promise<void> {
  const { sku, closed, open, inOutbox = false } = options;
  for (let from = 0; from < closed + open; from += BATCH) {
    // Read per batch: the load may last longer than the window of the first order, and the open orders come last.
    const now = Date.now();
    const batch = Array.from({ length: Math.min(BATCH, closed + open - from) }, (_, index) => {
      const n = from + index;
      const status = n >= closed ? 'placed' : n % 3 === 2 ? 'canceled' : 'paid';
      const age =
        n >= closed
          ? 60_000 + ((n - closed) / open) * (HOUR_MS / 2)
          : 30 * 24 * HOUR_MS * (1 - n / closed) + 2 * HOUR_MS;
      return { n, status, created: new Date(now - age), orderId: uuid({ msecs: now - age }) } as const;
    });
    await insert(pool, sku, batch, inOutbox);
    options.progress?.(from + batch.length);
  }
}

interface Loaded {
  readonly n: number;
  readonly orderId: string;
  readonly status: 'placed' | 'paid' | 'canceled';
  readonly created: Date;
}

async function insert(pool: Pool, sku: string, batch: readonly Loaded[], inOutbox: boolean): Promise<void> {
  const later = ({ created }: Loaded, ms: number) => new Date(created.getTime() + ms);
  const ended = batch.filter(({ status }) => status !== 'placed');
  const recorded = inOutbox ? ended : batch;
  const paid = batch.filter(({ status }) => status === 'paid');
  const items = JSON.stringify(LINES.map((line) => ({ sku, unitPrice: 1250, ...line })));
  const connection = await pool.getConnection();
  const add = async (table: string, rows: unknown[][]) => {
    if (rows.length > 0) await connection.query(`INSERT INTO ${table} VALUES ?`, [rows]);
  };
  try {
    await connection.query('START TRANSACTION');
    await add(
      `checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency, read_token, traceparent,
         created_at, expires_at, published_at, is_open)`,
      batch.map((order) => [
        order.orderId,
        order.n % 100_000,
        order.orderId,
        createHash('sha256').update(order.orderId).digest(),
        items,
        1250,
        'EUR',
        'x'.repeat(43),
        `00-${'0af7651916cd43dd8448eb211c80319c'}-b7ad6b7169203331-01`,
        order.created,
        later(order, HOUR_MS),
        inOutbox && order.status === 'placed' ? null : later(order, 100),
        order.status === 'placed' ? 1 : null,
      ]),
    );
    await add(
      `orders (order_id, user_id, amount, currency, status, cancel_reason, payment_id, created_at, expires_at,
         recorded_at, settled_at)`,
      recorded.map((order) => [
        order.orderId,
        order.n % 100_000,
        1250,
        'EUR',
        order.status,
        order.status === 'canceled' ? 'payment-window-expired' : null,
        order.status === 'paid' ? `pay-${order.orderId}` : null,
        order.created,
        later(order, HOUR_MS),
        later(order, 200),
        order.status === 'placed' ? null : later(order, HOUR_MS),
      ]),
    );
    await add(
      'order_items (order_id, sku, quantity, unit_price)',
      recorded.map(({ orderId }) => [orderId, sku, 1, 1250]),
    );
    await add(
      'stock_movements (order_id, kind, moved_at)',
      ended.map((order) => [order.orderId, order.status === 'paid' ? 'sold' : 'released', later(order, HOUR_MS)]),
    );
    await add(
      'payment_events (provider, event_id, body_sha256, type, payment_id, order_id, received_at)',
      paid.map((order) => [
        'test',
        `event-${order.orderId}`,
        Buffer.alloc(32),
        'payment.succeeded',
        `pay-${order.orderId}`,
        order.orderId,
        later(order, 60_000),
      ]),
    );
    await add(
      'payments (payment_id, provider, order_id, amount, currency, status, received_at, decided_at)',
      paid.map((order) => [
        `pay-${order.orderId}`,
        'test',
        order.orderId,
        1250,
        'EUR',
        'accepted',
        later(order, 60_000),
        later(order, 60_000),
      ]),
    );
    const [sold, reserved] = [paid.length, batch.length - ended.length];
    await connection.query(
      'UPDATE products SET available = available - ?, reserved = reserved + ?, sold = sold + ? WHERE sku = ?',
      [sold + reserved, reserved, sold, sku],
    );
    await connection.query('COMMIT');
  } finally {
    connection.release();
  }
}
