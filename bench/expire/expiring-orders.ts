import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../../src/db/driver/pool.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { quantile } from '../harness/timing.js';
import { placeOrders } from '../place-orders.js';

/** MariaDB reads a longer list of ids by a temporary table. */
const BATCH = 500;

/** Orders of one SKU whose stock is reserved, with one deadline. */
export interface ExpiringOrders {
  readonly orderIds: readonly string[];
  readonly deadline: Date;
}

/**
 * Places orders of one unit each with a common deadline. No relay may run meanwhile: it would publish the orders with
 * the deadline that they have first.
 *
 * @param options.unpublished so many of the orders stay unpublished and unrecorded; the bridge publishes them and starts
 *   their workflows. The others are published and recorded, as if their workflows had done so
 * @param options.leadMs the time from the last write to the deadline
 */
export async function placeExpiring(
  pool: Pool,
  options: { readonly sku: string; readonly count: number; readonly unpublished: number; readonly leadMs: number },
): Promise<ExpiringOrders> {
  const { sku, count, unpublished, leadMs } = options;
  const orderIds = (await placeOrders(pool, [sku], count)).map(({ orderId }) => orderId);
  const published = orderIds.slice(unpublished);
  await inBatches(published, (ids) => recordOrders(pool, ids));
  await inBatches(published, (ids) =>
    pool.query('UPDATE checkouts SET published_at = UTC_TIMESTAMP(3) WHERE order_id IN (?)', [ids]),
  );
  const deadline = new Date(Date.now() + leadMs);
  for (const table of ['checkouts', 'orders'])
    await inBatches(orderIds, (ids) =>
      pool.query<ResultSetHeader>(`UPDATE ${table} SET expires_at = ? WHERE order_id IN (?)`, [deadline, ids]),
    );
  return { orderIds, deadline };
}

export async function openAmong(pool: Pool, { deadline }: ExpiringOrders): Promise<number> {
  const [rows] = await pool.query<(RowDataPacket & { count: number })[]>(
    'SELECT COUNT(*) AS count FROM checkouts WHERE is_open = 1 AND expires_at = ?',
    [deadline],
  );
  return rows[0]?.count ?? 0;
}

/** When the orders ended, in milliseconds past their deadline. @throws when an order has not ended */
export async function releaseTimes(
  pool: Pool,
  { orderIds, deadline }: ExpiringOrders,
): Promise<{ readonly p50: number; readonly p99: number; readonly max: number }> {
  const [rows] = await pool.query<(RowDataPacket & { ms: number })[]>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, expires_at, settled_at) / 1000 AS ms FROM orders
     WHERE expires_at = ? AND cancel_reason = 'payment-window-expired'`,
    [deadline],
  );
  if (rows.length !== orderIds.length) throw new Error(`${rows.length} of ${orderIds.length} orders have expired`);
  const late = rows.map(({ ms }) => Number(ms));
  return { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max: quantile(late, 1) };
}

async function inBatches(orderIds: readonly string[], work: (batch: readonly string[]) => Promise<unknown>) {
  for (let from = 0; from < orderIds.length; from += BATCH) await work(orderIds.slice(from, from + BATCH));
}
