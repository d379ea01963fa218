import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import type { StoredPayment } from './payment-rows.js';

/**
 * Notes that the money went back. A second note of the same refund changes nothing; one that comes after a person has
 * closed the payment is noted all the same, since the money did move.
 *
 * @param amount what went back, in minor units, where it is less than the payment
 */
export async function markRefunded(pool: Pool, paymentId: string, refundId: string, amount?: number): Promise<void> {
  try {
    await pool.query(
      `UPDATE payments SET status = 'refunded', refund_id = ?, refunded_amount = ?, refunded_at = UTC_TIMESTAMP(3)
       WHERE payment_id = ? AND status IN ('refund_required', 'refund_failed', 'closed') AND refund_reason IS NOT NULL`,
      [refundId, amount ?? null, paymentId],
    );
  } catch (error) {
    throw translated(error);
  }
}

/** Notes that this attempt can never succeed, and why; a person looks from here on. */
export async function markRefundFailed(
  pool: Pool,
  { paymentId, refundAttempt }: Pick<StoredPayment, 'paymentId' | 'refundAttempt'>,
  why: string,
): Promise<void> {
  try {
    await pool.query(
      `UPDATE payments SET status = 'refund_failed', refund_failure = ?
       WHERE payment_id = ? AND status = 'refund_required' AND refund_attempt = ?`,
      [why.slice(0, 500), paymentId, refundAttempt],
    );
  } catch (error) {
    throw translated(error);
  }
}
