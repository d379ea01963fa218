import type { RowDataPacket } from 'mysql2/promise';
import type { PaymentEventType } from '../../domain/event.js';
import type { RefundReason } from '../../domain/order.js';
import { bringBackOrderOf } from '../archive/bring-back.js';
import type { Transaction } from '../driver/transaction.js';
import { insertEvents } from '../events/new-events.js';
import { insertOrderEvents } from '../events/order-events.js';

/**
 * Locks the order of a payment, if there is one; an archived order comes back first. Called before the payment is locked:
 * every settlement takes its locks in this sequence. The order of a payment that goes back does not change any more.
 */
export async function lockOrderOf(transaction: Transaction, paymentId: string): Promise<void> {
  await bringBackOrderOf(transaction, { paymentId });
  const [[payment]] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    'SELECT order_id AS orderId FROM payments WHERE payment_id = ?',
    [paymentId],
  );
  if (payment === undefined) return;
  await transaction.query('SELECT order_id FROM orders FORCE INDEX (PRIMARY) WHERE order_id = ? FOR UPDATE', [
    payment.orderId,
  ]);
}

/**
 * Writes what has happened to a payment that the caller has locked and changed. The event is one of the order's, unless
 * no order has the id that the payment names: it is then only the payment's.
 */
export async function insertPaymentEvent(
  transaction: Transaction,
  type: PaymentEventType,
  paymentId: string,
  data: object = {},
): Promise<void> {
  const [[payment]] = await transaction.query<(RowDataPacket & PaymentOfEvent)[]>(
    `SELECT p.order_id AS orderId, p.refund_reason AS reason, o.order_id AS recorded
     FROM payments p LEFT JOIN orders o ON o.order_id = p.order_id WHERE p.payment_id = ? FOR UPDATE`,
    [paymentId],
  );
  if (payment === undefined) throw new Error(`payment ${paymentId} is not there`);
  const { orderId, reason, recorded } = payment;
  const facts = { ...(reason !== null && { reason }), ...data };
  const isOfOrder = recorded !== null && reason !== null && reason !== 'order-unknown';
  if (isOfOrder) await insertOrderEvents(transaction, [{ type, orderId, paymentId, data: facts }]);
  else await insertEvents(transaction, [{ type, paymentId, data: { orderId, ...facts } }]);
}

interface PaymentOfEvent {
  readonly orderId: string;
  readonly reason: RefundReason | null;
  /** The order's id, if the order has a row. */
  readonly recorded: string | null;
}
