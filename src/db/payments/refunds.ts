import type { ResultSetHeader } from 'mysql2/promise';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { failureOf } from '../reports/failed-refunds.js';
import { insertPaymentEvent, lockOrderOf } from './payment-events.js';
import type { StoredPayment } from './payment-rows.js';

/**
 * Records that the provider refunded the payment, with its event. A second call changes nothing. A refund of a payment
 * that a person has closed meanwhile is recorded too, since the money did move. A refund that the provider has meanwhile
 * reported as failed is recorded as failed.
 *
 * @param amount the refunded amount in minor units, where it is less than the payment
 * @throws {DomainError} `dependency-unavailable`
 */
export async function markRefunded(pool: Pool, paymentId: string, refundId: string, amount?: number): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    const failure = await failureOf(transaction, paymentId, refundId);
    if (failure === undefined) await recordRefunded(transaction, paymentId, refundId, amount);
    else await recordRefundFailed(transaction, paymentId, failure, { id: refundId, attempt: 'any' });
  });
}

/** As {@link markRefunded}, of a payment whose order the caller has locked. */
export async function recordRefunded(
  transaction: Transaction,
  paymentId: string,
  refundId: string,
  amount?: number,
): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments SET status = 'refunded', refund_id = ?, refunded_amount = ?, refunded_at = UTC_TIMESTAMP(3)
     WHERE payment_id = ? AND status IN ('refund_required', 'refund_failed', 'closed') AND refund_reason IS NOT NULL`,
    [refundId, amount ?? null, paymentId],
  );
  if (affectedRows === 0) return;
  const data = { refundId, ...(amount !== undefined && { refundedAmount: amount }) };
  await insertPaymentEvent(transaction, 'refund.succeeded', paymentId, data);
}

/** Records that this attempt can never succeed, and why, with its event. The payment then waits for a person. */
export async function markRefundFailed(
  pool: Pool,
  { paymentId, refundAttempt }: Pick<StoredPayment, 'paymentId' | 'refundAttempt'>,
  why: string,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    await recordRefundFailed(transaction, paymentId, why, { attempt: refundAttempt });
  });
}

/**
 * As {@link markRefundFailed}, of a payment whose order the caller has locked. A refund that was made may fail days later.
 *
 * @param what.id the provider's refund that has failed after it was made
 * @param what.attempt the attempt that has failed before it was recorded
 */
export async function recordRefundFailed(
  transaction: Transaction,
  paymentId: string,
  why: string,
  { id, attempt }: FailedRefund,
): Promise<void> {
  const failure = why.slice(0, 500);
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments SET status = 'refund_failed', refund_failure = ?, refund_id = NULL, refunded_amount = NULL,
       refunded_at = NULL
     WHERE payment_id = ? AND ((status = 'refunded' AND refund_id = ?)
       OR (status = 'refund_required' AND (refund_attempt = ? OR ?)))`,
    [failure, paymentId, id ?? '', attempt === 'any' ? -1 : (attempt ?? -1), attempt === 'any' ? 1 : 0],
  );
  if (affectedRows === 1) await insertPaymentEvent(transaction, 'refund.failed', paymentId, { failure });
}

/** Which refund of a payment, or of a paid order, has failed. */
export interface FailedRefund {
  readonly id?: string | undefined;
  readonly attempt?: number | 'any' | undefined;
}
