import { v7 as uuid } from 'uuid';
import type { PaymentEvent } from '../../domain/payment.js';
import type { Transaction } from '../driver/transaction.js';
import type { StoredPayment } from './payment-rows.js';

/** A stored payment, and another event of its provider that reports the same payment. */

export const sameAmount = (payment: StoredPayment, event: PaymentEvent): boolean =>
  payment.amount === event.amount && payment.currency === event.currency;

/**
 * The payment's order may be from a person or a later event. An event that names this order or the first one agrees.
 */
export const sameOrder = (payment: StoredPayment, event: PaymentEvent): boolean =>
  [payment.orderId, payment.toldOrderId].includes(event.orderId);

/**
 * Gives a kept payment the order that the new event names, so that the order of two events makes no difference. The
 * caller has locked the payment and has found the order's checkout.
 *
 * @returns false for a payment that is not kept; the payment stays as it is
 */
export async function placeAsNamed(
  transaction: Transaction,
  payment: StoredPayment,
  event: PaymentEvent,
): Promise<boolean> {
  const { paymentId, status } = payment;
  if (status !== 'unplaced') return false;
  await transaction.query(
    `UPDATE payments SET told_order_id = order_id, order_id = ?, placed_at = UTC_TIMESTAMP(3), status = 'received'
     WHERE payment_id = ? AND status = 'unplaced'`,
    [event.orderId, paymentId],
  );
  await transaction.query(
    `INSERT INTO payment_changes (change_id, payment_id, action, status_before, note, changed_by, changed_at)
     VALUES (?, ?, 'place', ?, ?, ?, UTC_TIMESTAMP(3))`,
    [uuid(), paymentId, status, `named by event ${event.eventId}`, `provider ${event.provider}`],
  );
  return true;
}
