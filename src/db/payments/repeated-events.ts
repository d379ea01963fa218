import { v7 as uuid } from 'uuid';
import type { PaymentEvent } from '../../domain/payment.js';
import type { Transaction } from '../driver/transaction.js';
import type { StoredPayment } from './payment-rows.js';

/** A payment that is known, and of which another event of its provider tells. */

export const sameAmount = (known: StoredPayment, told: PaymentEvent): boolean =>
  known.amount === told.amount && known.currency === told.currency;

/** An order that a person, or a later event, gave the payment is as right as the one that was told first. */
export const sameOrder = (known: StoredPayment, told: PaymentEvent): boolean =>
  [known.orderId, known.toldOrderId].includes(told.orderId);

/**
 * Gives a kept payment the order that the new event names, so that it does not matter which of two events comes first.
 * The caller has the payment locked and has seen the order's checkout.
 *
 * @returns false for a payment that is not kept, which stays as it is
 */
export async function placeAsTold(
  transaction: Transaction,
  known: StoredPayment,
  told: PaymentEvent,
): Promise<boolean> {
  const { paymentId, status } = known;
  if (status !== 'unplaced') return false;
  await transaction.query(
    `UPDATE payments SET told_order_id = order_id, order_id = ?, placed_at = UTC_TIMESTAMP(3), status = 'received'
     WHERE payment_id = ? AND status = 'unplaced'`,
    [told.orderId, paymentId],
  );
  await transaction.query(
    `INSERT INTO payment_changes (change_id, payment_id, action, status_before, note, changed_by, changed_at)
     VALUES (?, ?, 'place', ?, ?, ?, UTC_TIMESTAMP(3))`,
    [uuid(), paymentId, status, `named by event ${told.eventId}`, `provider ${told.provider}`],
  );
  return true;
}
