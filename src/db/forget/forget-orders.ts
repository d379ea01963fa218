import type { RowDataPacket } from 'mysql2/promise';
import { inShop, type Where } from '../archive/also-archived.js';
import { inArchive } from '../archive/tables.js';
import { isLockWait } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { whyTheyStay } from './orders-to-forget.js';
import { type Counts, overwrite } from './overwrite.js';

/**
 * Overwrites the personal data of ended orders, in one transaction, and notes that their workflows are to be deleted: each
 * order is forgotten whole or not at all, also after a crash between any two statements. Orders that another transaction
 * holds, and those that have something left to do, are left to the next run. No amount, no unit and no state changes.
 *
 * @returns the ids of the orders that were forgotten
 * @throws {DomainError} `dependency-unavailable`
 */
export async function forgetOrders(pool: Pool, orderIds: readonly string[], counts: Counts): Promise<string[]> {
  try {
    // A transaction that is rolled back has counted nothing.
    const { ready, changed } = await inTransaction(pool, (transaction) => forgetIn(transaction, orderIds));
    for (const [table, rows] of changed) counts.set(table, (counts.get(table) ?? 0) + rows);
    return ready;
  } catch (error) {
    // An event that is being delivered is locked for as long as the broker takes.
    if (isLockWait(error)) return [];
    throw error;
  }
}

async function forgetIn(transaction: Transaction, orderIds: readonly string[]) {
  const here = await lockEnded(transaction, orderIds, inShop);
  const archived = await lockEnded(
    transaction,
    orderIds.filter((orderId) => !here.includes(orderId)),
    inArchive,
  );
  // Asked behind the locks: a payment may have come since the page was read.
  const asked = await whyTheyStay(transaction, [...here, ...archived]);
  const ready = asked.flatMap(({ orderId, stays }) => (stays === null ? [orderId] : []));
  const changed: Counts = new Map();
  if (ready.length > 0) {
    await overwrite(transaction, ready, { dryRun: false, counts: changed });
    await transaction.query(
      `INSERT INTO forgotten_orders (order_id, forgotten_at, workflows_due)
       VALUES ${ready.map(() => '(?, UTC_TIMESTAMP(3), 1)').join(', ')} ON DUPLICATE KEY UPDATE workflows_due = 1`,
      ready,
    );
  }
  return { ready, changed };
}

/** Locks orders and their checkouts, and leaves out those that another transaction has locked. */
async function lockEnded(transaction: Transaction, orderIds: readonly string[], where: Where): Promise<string[]> {
  const orders = await lock(transaction, where("FROM orders FORCE INDEX (PRIMARY) WHERE status <> 'placed'"), orderIds);
  return await lock(transaction, where('FROM checkouts FORCE INDEX (PRIMARY) WHERE TRUE'), orders);
}

async function lock(transaction: Transaction, from: string, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const [rows] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    `SELECT order_id AS orderId ${from} AND order_id IN (?) ORDER BY order_id FOR UPDATE SKIP LOCKED`,
    [orderIds],
  );
  return rows.map(({ orderId }) => orderId);
}

/** What {@link forgetOrders} would overwrite. Takes no lock and changes nothing. */
export const countOverwritten = (pool: Pool, orderIds: readonly string[], counts: Counts): Promise<void> =>
  inTransaction(pool, (transaction) => overwrite(transaction, orderIds, { dryRun: true, counts }));
