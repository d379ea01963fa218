import { bringBack } from '../archive/bring-back.js';
import type { Transaction } from '../driver/transaction.js';
import { insertOrders, lockOrders, type RecordedOrder } from './orders.js';

/**
 * Locks the orders. An order that is not recorded yet is recorded first: a payment may come before the order's message,
 * and the workflow may be lost. An archived order comes back first.
 */
export async function lockRecorded(transaction: Transaction, orderIds: readonly string[]): Promise<RecordedOrder[]> {
  const wanted = [...new Set(orderIds)].sort();
  if (wanted.length === 0) return [];
  const orders = await lockOrders(transaction, wanted);
  const missing = notAmong(orders, wanted);
  if (missing.length === 0) return orders;
  await insertOrders(transaction, missing);
  const recorded = [...orders, ...(await lockOrders(transaction, missing))];
  const gone = notAmong(recorded, missing);
  if (gone.length === 0) return recorded;
  await bringBack(transaction, gone);
  return [...recorded, ...(await lockOrders(transaction, gone))];
}

function notAmong(orders: readonly RecordedOrder[], orderIds: readonly string[]): string[] {
  const found = new Set(orders.map(({ orderId }) => orderId));
  return orderIds.filter((orderId) => !found.has(orderId));
}
