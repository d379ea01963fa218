import { v7 as uuid } from 'uuid';
import type { PaymentEvent } from '../../domain/payment.js';
import type { Transaction } from '../driver/transaction.js';
import { assignOrder, insertChange, type StoredPayment } from './payment-rows.js';

/** A stored payment, and another event of its provider that reports the same payment. */

export const sameAmount = (payment: StoredPayment, event: PaymentEvent): boolean =>
  payment.amount === event.amount && payment.currency === event.currency;

/**
 * The payment's order may be from a person or a later event. An event that names this order or the first one agrees.
 */
export const sameOrder = (payment: StoredPayment, event: PaymentEvent): boolean =>
  [payment.orderId, payment.toldOrderId].includes(event.orderId);

/**
 * Gives an unplaced payment the order that the new event names, so that the order of two events makes no difference. The
 * caller has locked the payment and has found the order's checkout.
 *
 * @returns false for a payment that is not unplaced; the payment stays as it is
 */
export async function assignNamedOrder(
  transaction: Transaction,
  { paymentId, status }: StoredPayment,
  event: PaymentEvent,
): Promise<boolean> {
  if (!(await assignOrder(transaction, paymentId, event.orderId))) return false;
  await insertChange(transaction, {
    changeId: uuid(),
    paymentId,
    action: 'place',
    statusBefore: status,
    note: `named by event ${event.eventId}`,
    changedBy: `provider ${event.provider}`,
  });
  return true;
}
