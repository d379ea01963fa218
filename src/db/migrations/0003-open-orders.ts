import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { atLength } from '../driver/time-limits.js';
import { column, index, unless } from '../unless.js';

/**
 * `is_open` is 1 while an order is open and NULL from its settlement on. So a range of its index holds the open orders
 * only. A row that has no value yet counts as closed: a shop with millions of closed orders changes its open orders
 * only. The default is for processes of the version before, which do not write the column.
 */

/** With ALGORITHM and LOCK a server that would copy the table, or lock it against writes, returns an error instead. */
export const statements = [
  ...unless(
    column('checkouts', 'is_open'),
    'ALTER TABLE checkouts ADD COLUMN is_open TINYINT UNSIGNED NULL, ALGORITHM = INSTANT',
  ),
  'ALTER TABLE checkouts ALTER COLUMN is_open SET DEFAULT 1',
  ...unless(
    index('checkouts', 'open_by_deadline'),
    'ALTER TABLE checkouts ADD KEY open_by_deadline (is_open, expires_at), ALGORITHM = INPLACE, LOCK = NONE',
  ),
];

/** Orders a statement. Few, so that a statement holds its row locks for a short time. */
const SLICE = 5_000;
const notEnded = "c.is_open IS NULL AND COALESCE(o.status, 'placed') = 'placed'";

/**
 * Marks the orders that are open already, slice by slice. Each slice is read without a lock and written by a statement
 * of its own. A run after one that died begins again, and skips orders that are marked.
 */
export async function fill(connection: Pick<PoolConnection, 'query'>): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const last = await select(
      connection,
      `SELECT order_id FROM checkouts WHERE order_id > ? ORDER BY order_id LIMIT ${SLICE - 1}, 1`,
      [after],
    );
    const end: string | undefined = last[0];
    const open = await select(
      connection,
      `SELECT c.order_id FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
       WHERE c.order_id > ? AND (? IS NULL OR c.order_id <= ?) AND ${notEnded}`,
      [after, end ?? null, end ?? null],
    );
    if (open.length > 0) {
      await connection.query({
        sql: `UPDATE checkouts c LEFT JOIN orders o ON o.order_id = c.order_id SET c.is_open = 1
              WHERE c.order_id IN (?) AND ${notEnded}`,
        values: [open],
        ...atLength,
      });
    }
    after = end;
  }
}

async function select(
  connection: Pick<PoolConnection, 'query'>,
  sql: string,
  values: (string | null)[],
): Promise<string[]> {
  const [rows] = await connection.query<(RowDataPacket & { order_id: string })[]>({ sql, values, ...atLength });
  return rows.map(({ order_id: orderId }) => orderId);
}
