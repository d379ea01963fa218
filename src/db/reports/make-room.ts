import type { RowDataPacket } from 'mysql2/promise';
import type { OrderRefundState } from '../../domain/order-refund.js';
import type { Transaction } from '../driver/transaction.js';
import type { StoredPayment } from '../payments/payment-rows.js';
import { insertRefundEvent } from '../refunds/refund-events.js';
import { lockRefund } from '../refunds/refund-rows.js';
import { takeMoney } from '../refunds/refundable.js';

interface Held extends RowDataPacket {
  readonly refundId: string;
  readonly state: OrderRefundState;
  /** What counts of the refund, and has not gone back by it. */
  readonly held: number;
}

/**
 * Counts money that has left an accepted payment without us: a refund in the provider's dashboard, or a lost dispute. In
 * sum never more counts than was paid. Where too little is left, refunds of ours hold the rest without having sent it:
 * these count for less by `displaced`. First those that a person has closed, which were perhaps this very money, then
 * those that had failed, and last those that are owed: an owed one can no longer be made whole, and waits for a person.
 *
 * @returns how much of the amount counts; less than all only where the provider reports more than was paid
 */
export async function countMoney(
  transaction: Transaction,
  payment: StoredPayment,
  amount: number,
  why: string,
): Promise<number> {
  const { paymentId } = payment;
  const left = payment.amount - payment.uncapturedAmount - payment.returnedAmount;
  const freed = amount > left ? await displace(transaction, paymentId, amount - left, why) : 0;
  const counted = Math.min(amount, left + freed);
  if (freed > 0) {
    await transaction.query(
      'UPDATE payments FORCE INDEX (PRIMARY) SET returned_amount = returned_amount - ? WHERE payment_id = ?',
      [freed, paymentId],
    );
  }
  if (counted > 0) await takeMoney(transaction, paymentId, counted);
  return counted;
}

async function displace(transaction: Transaction, paymentId: string, wanted: number, why: string): Promise<number> {
  const [holding] = await transaction.query<Held[]>(
    `SELECT refund_id AS refundId, state, amount - displaced - IF(state = 'refunded', COALESCE(refunded_amount, amount), 0) AS held
     FROM order_refunds WHERE payment_id = ? ORDER BY FIELD(state, 'refunded', 'closed', 'failed', 'required'), refund_id
     FOR UPDATE`,
    [paymentId],
  );
  let freed = 0;
  for (const { refundId, state, held } of holding) {
    const units = Math.min(held, wanted - freed);
    if (units <= 0) continue;
    freed += units;
    await transaction.query(
      `UPDATE order_refunds SET displaced = displaced + ?, failure = IF(state = 'required', ?, failure),
         state = IF(state = 'required', 'failed', state) WHERE refund_id = ?`,
      [units, why.slice(0, 500), refundId],
    );
    const refund = state === 'required' ? await lockRefund(transaction, refundId) : undefined;
    if (refund !== undefined)
      await insertRefundEvent(transaction, 'refund.failed', refund, { failure: refund.failure });
  }
  return freed;
}
