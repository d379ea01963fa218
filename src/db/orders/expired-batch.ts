import type { RowDataPacket } from 'mysql2/promise';
import type { OrderStatus } from '../../domain/order.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { closingForMs, insertOrders, type RecordedOrder } from './orders.js';
import { settleIn } from './settlement.js';

/**
 * Settles orders as `expired` in one transaction. Leaves out the orders that another transaction has locked: that
 * transaction, of a payment or of the sweep of another bridge, settles them. So two sweeps never wait for each other's
 * orders, and share a backlog.
 *
 * @param orderIds at most 900: see `settleIn`
 * @returns the orders that were placed until now, after their settlement
 * @throws as `settleIn` does, when one of the orders cannot be settled; then none of them is
 */
export async function settleExpired(pool: Pool, orderIds: readonly string[]): Promise<RecordedOrder[]> {
  return await inTransaction(
    pool,
    async (transaction) => {
      const requests = (await lockPlaced(transaction, orderIds)).map(
        (orderId) => ({ orderId, cause: { kind: 'expired' } }) as const,
      );
      if (requests.length === 0) return [];
      const settlements = await settleIn(transaction, requests);
      return settlements.flatMap((settlement) => settlement?.order ?? []);
    },
    // The caller then ends the orders whose stock is not locked.
    { 'lock wait': 1 },
  );
}

/**
 * Locks the orders that are free, and returns those that are placed and wait for no close of their payments. An order that
 * is not recorded is recorded first.
 */
async function lockPlaced(transaction: Transaction, orderIds: readonly string[]): Promise<string[]> {
  const free = await lock(transaction, orderIds, 'SKIP LOCKED');
  const others = orderIds.filter((orderId) => !free.has(orderId));
  const locked = await recordedAmong(transaction, others);
  const missing = others.filter((orderId) => !locked.has(orderId));
  if (missing.length > 0) await insertOrders(transaction, missing);
  // Another transaction may have recorded and ended them meanwhile.
  const recorded = await lock(transaction, missing);
  return orderIds.filter((orderId) => {
    const order = free.get(orderId) ?? recorded.get(orderId);
    return order?.status === 'placed' && !order.closes;
  });
}

interface Locked {
  readonly status: OrderStatus;
  /** 1 while its end waits for the close of payments. */
  readonly closes: number;
}

async function lock(
  transaction: Transaction,
  orderIds: readonly string[],
  how: 'SKIP LOCKED' | '' = '',
): Promise<ReadonlyMap<string, Locked>> {
  if (orderIds.length === 0) return new Map();
  const [rows] = await transaction.query<(RowDataPacket & Locked & { orderId: string })[]>(
    `SELECT order_id AS orderId, status, COALESCE(${closingForMs}, 0) > 0 AS closes FROM orders o FORCE INDEX (PRIMARY)
     WHERE order_id IN (?) ORDER BY order_id FOR UPDATE ${how}`,
    [orderIds],
  );
  return new Map(rows.map(({ orderId, ...read }) => [orderId, read]));
}

/** Waits for no lock. */
async function recordedAmong(transaction: Transaction, orderIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (orderIds.length === 0) return new Set();
  const [rows] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    'SELECT order_id AS orderId FROM orders FORCE INDEX (PRIMARY) WHERE order_id IN (?)',
    [orderIds],
  );
  return new Set(rows.map(({ orderId }) => orderId));
}
