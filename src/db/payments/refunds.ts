import type { ResultSetHeader } from 'mysql2/promise';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { insertPaymentEvent, lockOrderOf } from './payment-events.js';
import type { StoredPayment } from './payment-rows.js';

/**
 * Records that the provider refunded the payment, with its event. A second call changes nothing. A refund of a payment
 * that a person has closed meanwhile is recorded too, since the money did move.
 *
 * @param amount the refunded amount in minor units, where it is less than the payment
 * @throws {DomainError} `dependency-unavailable`
 */
export async function markRefunded(pool: Pool, paymentId: string, refundId: string, amount?: number): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE payments SET status = 'refunded', refund_id = ?, refunded_amount = ?, refunded_at = UTC_TIMESTAMP(3)
       WHERE payment_id = ? AND status IN ('refund_required', 'refund_failed', 'closed') AND refund_reason IS NOT NULL`,
      [refundId, amount ?? null, paymentId],
    );
    if (affectedRows === 0) return;
    const data = { refundId, ...(amount !== undefined && { refundedAmount: amount }) };
    await insertPaymentEvent(transaction, 'refund.succeeded', paymentId, data);
  });
}

/** Records that this attempt can never succeed, and why, with its event. The payment then waits for a person. */
export async function markRefundFailed(
  pool: Pool,
  { paymentId, refundAttempt }: Pick<StoredPayment, 'paymentId' | 'refundAttempt'>,
  why: string,
): Promise<void> {
  const failure = why.slice(0, 500);
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE payments SET status = 'refund_failed', refund_failure = ?
       WHERE payment_id = ? AND status = 'refund_required' AND refund_attempt = ?`,
      [failure, paymentId, refundAttempt],
    );
    if (affectedRows === 1) await insertPaymentEvent(transaction, 'refund.failed', paymentId, { failure });
  });
}
