import type { RowDataPacket } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';
import { ordersOf, pairsOf } from './late-sale-pairs.js';
import { moveOrders } from './move-orders.js';

/**
 * Brings archived orders back, within the caller's transaction, for what has to lock or change them: a payment that comes
 * late, a refund, a change by a person. The order is then decided about as any other, and the next run of the archive
 * takes the order again. The other order of a late sale comes with it. An id that is not archived is left out.
 *
 * The caller locks the orders afterwards: of two transactions that bring an order back at the same time, the second waits
 * here, and finds the order among the others.
 */
export async function bringBack(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return;
  const archived = await lockArchived(transaction, orderIds);
  if (archived.length === 0) return;
  const others = ordersOf(await pairsOf(transaction, archived, 'archived_late_sales'));
  const more = await lockArchived(
    transaction,
    others.filter((orderId) => !archived.includes(orderId)),
  );
  await moveOrders(transaction, [...archived, ...more], 'shop');
}

async function lockArchived(transaction: Transaction, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const [rows] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    `SELECT order_id AS orderId FROM archived_orders FORCE INDEX (PRIMARY) WHERE order_id IN (?)
     ORDER BY order_id FOR UPDATE`,
    [orderIds],
  );
  return rows.map(({ orderId }) => orderId);
}

/** As {@link bringBack}, of the order that has the payment, or the refund of a paid order. */
export async function bringBackOrderOf(
  transaction: Transaction,
  of: { readonly paymentId: string } | { readonly refundId: string },
): Promise<void> {
  const [table, column, id] =
    'paymentId' in of
      ? ['archived_payments', 'payment_id', of.paymentId]
      : ['archived_order_refunds', 'refund_id', of.refundId];
  const [rows] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    `SELECT order_id AS orderId FROM ${table} WHERE ${column} = ?`,
    [id],
  );
  await bringBack(
    transaction,
    rows.map(({ orderId }) => orderId),
  );
}
