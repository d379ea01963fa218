import type { RowDataPacket } from 'mysql2/promise';
import type { Order } from '../domain/order.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from './checkout-row.js';
import { translated } from './connection-errors.js';
import { atLength } from './patience.js';
import type { Pool } from './pool.js';

/** Orders that have not ended, each in the words of its checkout. Ages and deadlines are by the database's clock. */

const columns = checkoutColumns
  .split(', ')
  .map((column) => `c.${column}`)
  .join(', ');

const ago = (ms: number) => `UTC_TIMESTAMP(3) - INTERVAL ${Math.trunc(ms) * 1000} MICROSECOND`;

/** Recorded, and still placed `byMs` after the deadline. */
export const overdueOrders = (pool: Pool, { byMs, limit }: { readonly byMs: number; readonly limit: number }) =>
  select(
    pool,
    `SELECT ${columns} FROM orders o JOIN checkouts c ON c.order_id = o.order_id
     WHERE o.status = 'placed' AND o.expires_at <= ${ago(byMs)} ORDER BY o.expires_at LIMIT ?`,
    [limit],
  );

/** Published between `maxAgeMs` and `minAgeMs` ago, and never recorded: its message, or its workflow, was lost. */
export const forgottenOrders = (
  pool: Pool,
  { minAgeMs, maxAgeMs, limit }: { readonly minAgeMs: number; readonly maxAgeMs: number; readonly limit: number },
) =>
  select(
    pool,
    `SELECT ${columns} FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
     WHERE c.published_at BETWEEN ${ago(maxAgeMs)} AND ${ago(minAgeMs)} AND o.order_id IS NULL LIMIT ?`,
    [limit],
  );

/** Recorded at least `minAgeMs` ago and placed, in order of their ids from `after` on. */
export const placedOrders = (
  pool: Pool,
  { minAgeMs, after, limit }: { readonly minAgeMs: number; readonly after: string; readonly limit: number },
) =>
  select(
    pool,
    `SELECT ${columns} FROM orders o JOIN checkouts c ON c.order_id = o.order_id
     WHERE o.status = 'placed' AND o.recorded_at <= ${ago(minAgeMs)} AND o.order_id > ? ORDER BY o.order_id LIMIT ?`,
    [after, limit],
  );

/** Every order that has not ended, recorded or not, whatever became of its message. Reads the whole table: on demand. */
export const unendedOrders = (pool: Pool, { minAgeMs }: { readonly minAgeMs: number }) =>
  select(
    pool,
    `SELECT ${columns} FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
     WHERE COALESCE(o.status, 'placed') = 'placed' AND c.created_at <= ${ago(minAgeMs)} ORDER BY c.order_id`,
    [],
    atLength,
  );

export async function countPlaced(pool: Pool, { minAgeMs }: { readonly minAgeMs: number }): Promise<number> {
  try {
    const [rows] = await pool.query<(RowDataPacket & { n: number })[]>(
      `SELECT COUNT(*) AS n FROM orders WHERE status = 'placed' AND recorded_at <= ${ago(minAgeMs)}`,
    );
    return rows[0]?.n ?? 0;
  } catch (error) {
    throw translated(error);
  }
}

async function select(
  pool: Pool,
  sql: string,
  values: (string | number)[],
  limits: { readonly timeout?: number } = {},
): Promise<Order[]> {
  try {
    const [rows] = await pool.query<CheckoutRow[]>({ sql, values, ...limits });
    return rows.map(toCheckout);
  } catch (error) {
    throw translated(error);
  }
}
