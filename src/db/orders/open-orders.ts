import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Customer } from '../../domain/customer.js';
import { type CustomerColumns, fromColumns } from '../customer-columns.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';

/**
 * Orders that have not ended, recorded or not, in the order of their deadlines. Each query reads at most `limit` rows
 * of the index `open_by_deadline`, in the range that holds open orders only. Ages and deadlines are by the database's
 * clock.
 */

/** The last order of a page. The next page begins after this order. */
export interface Position {
  readonly expiresAt: Date;
  readonly orderId: string;
}

interface Page {
  readonly after?: Position | undefined;
  readonly limit: number;
}

interface AgedPage extends Page {
  /** An order of at least this age is `aged`. */
  readonly minAgeMs: number;
  /** Whether the age of an order that was neither recorded nor published counts from its checkout. */
  readonly unpublishedToo?: boolean;
}

export interface OpenOrder extends Position {
  readonly userId: Customer;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
  /** The shop's own number of the order. */
  readonly reference: string | null;
  /** Whether the order has a row in `orders`. Without this row the order's message or workflow is on the way. */
  readonly recorded: boolean;
  /** Whether the order was recorded, or else published, at least `minAgeMs` ago. False when it was neither. */
  readonly aged: boolean;
  /** Whether a process of an earlier version has ended the order and left `is_open` of the checkout. */
  readonly ended: boolean;
}

const ago = (ms: number) => `UTC_TIMESTAMP(3) - INTERVAL ${Math.trunc(ms) * 1000} MICROSECOND`;

/** FORCE INDEX: on a small table the server may choose to read the whole table. */
const range = 'checkouts FORCE INDEX (open_by_deadline)';

/** Called with the settlement of the orders: they are no longer open, and the places of their users are free. */
export async function closeCheckouts(
  transaction: Transaction,
  orders: readonly { readonly orderId: string }[],
): Promise<void> {
  if (orders.length === 0) return;
  await transaction.query(
    'UPDATE checkouts FORCE INDEX (PRIMARY) SET is_open = NULL, open_place = NULL WHERE order_id IN (?)',
    [orders.map(({ orderId }) => orderId)],
  );
}

/** Closes the checkouts of orders that a process of an earlier version has ended. A placed order stays open. */
export async function closeEnded(pool: Pool, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return;
  try {
    await pool.query<ResultSetHeader>(
      `UPDATE checkouts c JOIN orders o ON o.order_id = c.order_id SET c.is_open = NULL, c.open_place = NULL
       WHERE c.order_id IN (?) AND o.status <> 'placed'`,
      [orderIds],
    );
  } catch (error) {
    throw translated(error);
  }
}

/** Open orders that are past their deadline by `byMs`, the longest overdue first. */
export const overdueOrders = (pool: Pool, { byMs, ...page }: Page & { readonly byMs: number }) =>
  select(pool, `expires_at <= ${ago(byMs)}`, { ...page, minAgeMs: 0 });

/** Whether at least so many open orders are past their deadline. Reads at most `count` rows of the index. */
export async function hasOverdue(pool: Pool, count: number): Promise<boolean> {
  const rows = await query(
    pool,
    `SELECT order_id FROM ${range} WHERE is_open = 1 AND expires_at <= UTC_TIMESTAMP(3)
     ORDER BY expires_at, order_id LIMIT 1 OFFSET ?`,
    [count - 1],
  );
  return rows.length > 0;
}

/** Open orders before their deadline, the order that is due next first. */
export const ordersInTime = (pool: Pool, page: AgedPage) => select(pool, 'expires_at > UTC_TIMESTAMP(3)', page);

export const openOrders = (pool: Pool, page: AgedPage) => select(pool, 'TRUE', page);

/** How many open orders are past their deadline by `byMs`, and how many seconds the oldest of them is past it. */
export async function countOverdue(
  pool: Pool,
  { byMs }: { readonly byMs: number },
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  const rows = await query<{ count: number; oldestSeconds: number }>(
    pool,
    `SELECT COUNT(*) AS count, COALESCE(TIMESTAMPDIFF(SECOND, MIN(expires_at), UTC_TIMESTAMP(3)), 0) AS oldestSeconds
     FROM ${range} WHERE is_open = 1 AND expires_at <= ${ago(byMs)}`,
  );
  return rows[0] ?? { count: 0, oldestSeconds: 0 };
}

/** Whether the order is still placed, recorded or not. */
export async function isPlaced(pool: Pool, orderId: string): Promise<boolean> {
  const [row] = await query<{ status: string | null }>(
    pool,
    'SELECT o.status FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id = ?',
    [orderId],
  );
  return row !== undefined && (row.status ?? 'placed') === 'placed';
}

async function select(pool: Pool, which: string, page: AgedPage): Promise<OpenOrder[]> {
  const { after, limit, minAgeMs, unpublishedToo = false } = page;
  // Written as ranges, so that the server reads the index from this position, also when many deadlines are equal.
  const behind = after ? 'AND ((expires_at = ? AND order_id > ?) OR expires_at > ?)' : '';
  const values = after ? [after.expiresAt, after.orderId, after.expiresAt] : [];
  const rows = await query<Omit<OpenOrder, 'userId'> & CustomerColumns>(
    pool,
    `SELECT c.order_id AS orderId, c.user_id, c.customer, c.amount, c.currency, c.reference, c.expires_at AS expiresAt,
       o.order_id IS NOT NULL AS recorded, COALESCE(o.status, 'placed') <> 'placed' AS ended,
       COALESCE(COALESCE(o.recorded_at, c.published_at${unpublishedToo ? ', c.created_at' : ''})
         <= ${ago(minAgeMs)}, FALSE) AS aged
     FROM (SELECT order_id FROM ${range} WHERE is_open = 1 AND ${which} ${behind}
       ORDER BY expires_at, order_id LIMIT ?) page
     STRAIGHT_JOIN checkouts c ON c.order_id = page.order_id
     LEFT JOIN orders o ON o.order_id = c.order_id
     ORDER BY c.expires_at, c.order_id`,
    [...values, limit],
  );
  return rows.map(({ user_id, customer, ...row }) => ({
    ...row,
    userId: fromColumns({ user_id, customer }),
    recorded: Boolean(row.recorded),
    aged: Boolean(row.aged),
    ended: Boolean(row.ended),
  }));
}

async function query<Row>(pool: Pool, sql: string, values: (string | number | Date)[] = []): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>(sql, values);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
