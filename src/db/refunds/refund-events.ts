import type { RowDataPacket } from 'mysql2/promise';
import type { PaymentEventType } from '../../domain/event.js';
import type { OrderRefund } from '../../domain/order-refund.js';
import { bringBackOrderOf } from '../archive/bring-back.js';
import type { Transaction } from '../driver/transaction.js';
import { insertOrderEvents } from '../events/order-events.js';
import { lockOrders } from '../orders/orders.js';
import { lockRefund } from './refund-rows.js';

type RefundFacts = Pick<OrderRefund, 'refundId' | 'orderId' | 'paymentId' | 'amount' | 'lines' | 'restock' | 'reason'>;

/**
 * Writes what has happened to a refund of a paid order. The caller has locked the order, and has inserted or changed the
 * refund. A return of units without money has no event.
 */
export async function insertRefundEvent(
  transaction: Transaction,
  type: PaymentEventType,
  refund: RefundFacts,
  data: object = {},
): Promise<void> {
  const { refundId, orderId, paymentId, amount, lines, restock, reason } = refund;
  if (paymentId === null) return;
  const orderRefund = { refundId, amount, lines, restock, reason };
  const facts = { amount, reason: 'operator-request', orderRefund, ...data };
  await insertOrderEvents(transaction, [{ type, orderId, paymentId, data: facts }]);
}

/**
 * Locks the order of a refund, and then the refund: every change takes its locks in this sequence. An archived order
 * comes back first.
 */
export async function lockOrderAndRefund(transaction: Transaction, refundId: string): Promise<OrderRefund | undefined> {
  await bringBackOrderOf(transaction, { refundId });
  const [[refund]] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    'SELECT order_id AS orderId FROM order_refunds WHERE refund_id = ?',
    [refundId],
  );
  if (refund === undefined) return undefined;
  await lockOrders(transaction, [refund.orderId]);
  return await lockRefund(transaction, refundId);
}
