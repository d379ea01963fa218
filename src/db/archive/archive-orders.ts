import type { RowDataPacket } from 'mysql2/promise';
import { lowestOrderId } from '../../domain/order-id.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { ordersOf, pairsOf } from './late-sale-pairs.js';
import { whyItStays } from './left-to-do.js';
import { moveOrders, OrderChanged } from './move-orders.js';
import { inArchive } from './tables.js';

/** Orders that one page looks at. A rule of thumb: a statement stays short. */
const PAGE = 1_000;
/** Orders are closed by the database's clock, and their ids are made by the API's clock. A rule of thumb. */
const SLACK_MS = 60 * 60_000;

/** An order that ended before the given time, and why the order stays: null where nothing is left to do. */
export interface Ended {
  readonly orderId: string;
  readonly stays: string | null;
}

/**
 * Pages of the orders that ended before a time, by their ids. Each page reads a bounded number of orders, so that a page
 * may be empty before the end.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function* endedPages(pool: Pool, before: Date, pageSize = PAGE): AsyncGenerator<Ended[]> {
  const end = lowestOrderId(before.getTime() + SLACK_MS);
  for (let after = ''; ; ) {
    const rows = await select<Ended & { ended: number }>(
      pool,
      `SELECT o.order_id AS orderId, o.status <> 'placed' AND o.settled_at < ? AS ended, ${whyItStays} AS stays
       FROM (SELECT order_id FROM orders FORCE INDEX (PRIMARY) WHERE order_id > ? AND order_id < ?
         ORDER BY order_id LIMIT ?) page
       STRAIGHT_JOIN orders o ON o.order_id = page.order_id STRAIGHT_JOIN checkouts c ON c.order_id = o.order_id
       ORDER BY o.order_id`,
      [before, after, end, pageSize],
    );
    yield rows.filter(({ ended }) => ended === 1).map(({ orderId, stays }) => ({ orderId, stays }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.orderId;
  }
}

/**
 * Moves orders into the archive, in one transaction: each order is in the shop or in the archive, also after a crash
 * between any two statements. Waits for no order and no checkout: those that another transaction has locked are left to
 * the next run, and so two runs at once share the work.
 *
 * @param orderIds orders of {@link endedPages} that do not stay; those that are no longer so are left out
 * @returns the ids of the orders that were moved; the other order of a late sale is moved with its order
 * @throws {DomainError} `dependency-unavailable`
 */
export async function archiveOrders(pool: Pool, orderIds: readonly string[], before: Date): Promise<string[]> {
  try {
    return await inTransaction(pool, (transaction) => archiveIn(transaction, orderIds, before));
  } catch (error) {
    if (!(error instanceof OrderChanged)) throw error;
    // Only the order that has changed stays.
    if (orderIds.length === 1) return [];
    const moved: string[] = [];
    for (const orderId of orderIds) moved.push(...(await archiveOrders(pool, [orderId], before)));
    return moved;
  }
}

async function archiveIn(transaction: Transaction, orderIds: readonly string[], before: Date): Promise<string[]> {
  const locked = await lockEnded(transaction, orderIds, before);
  if (locked.length === 0) return [];
  const pairs = await pairsOf(transaction, locked, 'late_sales');
  const others = ordersOf(pairs).filter((orderId) => !locked.includes(orderId));
  const isLocked = new Set([...locked, ...(await lockEnded(transaction, others, before))]);
  const apart = new Set(ordersOf(pairs.filter((pair) => ordersOf([pair]).some((orderId) => !isLocked.has(orderId)))));
  const ready = [...isLocked].filter((orderId) => !apart.has(orderId)).sort();
  if (ready.length === 0) return [];
  await moveOrders(transaction, ready, 'archive');
  await refuseUnfinished(transaction, ready);
  return ready;
}

/** Locks orders and their checkouts, and leaves out those that another transaction has locked. */
async function lockEnded(transaction: Transaction, orderIds: readonly string[], before: Date): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const orders = await lock(
    transaction,
    `SELECT order_id AS orderId FROM orders FORCE INDEX (PRIMARY)
     WHERE order_id IN (?) AND status <> 'placed' AND settled_at < ?`,
    [orderIds, before],
  );
  if (orders.length === 0) return [];
  return await lock(
    transaction,
    'SELECT order_id AS orderId FROM checkouts FORCE INDEX (PRIMARY) WHERE order_id IN (?)',
    [orders],
  );
}

async function lock(transaction: Transaction, sql: string, values: readonly unknown[]): Promise<string[]> {
  const [rows] = await transaction.query<(RowDataPacket & Pick<Ended, 'orderId'>)[]>(
    `${sql} ORDER BY order_id FOR UPDATE SKIP LOCKED`,
    [...values],
  );
  return rows.map(({ orderId }) => orderId);
}

/** Asks again, of the rows that are moved: a payment may have come between the page and the locks. */
async function refuseUnfinished(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  const [rows] = await transaction.query<(RowDataPacket & Ended)[]>(
    inArchive(
      `SELECT orderId, stays FROM (SELECT o.order_id AS orderId, ${whyItStays} AS stays
       FROM orders o JOIN checkouts c ON c.order_id = o.order_id WHERE o.order_id IN (?)) moved WHERE stays IS NOT NULL`,
    ),
    [orderIds],
  );
  const [changed] = rows;
  if (changed !== undefined) throw new OrderChanged(`order ${changed.orderId} stays: ${changed.stays}`);
}

async function select<Row>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
