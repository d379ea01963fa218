import type { ResultSetHeader } from 'mysql2/promise';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { insertOrderEvents } from '../events/order-events.js';
import { insertPaymentEvent, lockOrderOf } from '../payments/payment-events.js';
import { lockPayment, type StoredPayment } from '../payments/payment-rows.js';

/** What becomes of an authorisation at its provider. Each of these may run any number of times. */

/**
 * Records how much the provider has taken. A second call changes nothing. The amount counts up to the payment's own: more
 * can never be sent back.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function markCaptured(pool: Pool, paymentId: string, amount: number): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    await recordCaptured(transaction, paymentId, amount);
  });
}

/**
 * As {@link markCaptured}, of a payment whose order the caller has locked. Money that was taken after all, of a payment
 * that counted as voided, is to go back.
 *
 * @returns false when the payment is no authorisation, or its capture is recorded already
 */
export async function recordCaptured(transaction: Transaction, paymentId: string, amount: number): Promise<boolean> {
  const payment = await lockPayment(transaction, paymentId);
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE authorisations SET state = 'captured', failure = NULL, ended_at = UTC_TIMESTAMP(3)
     WHERE payment_id = ? AND state <> 'captured'`,
    [paymentId],
  );
  if (affectedRows !== 1) return false;
  await transaction.query(
    `UPDATE payments FORCE INDEX (PRIMARY) SET uncaptured_amount = amount - LEAST(amount, ?),
       status = IF(status = 'voided', 'refund_required', status) WHERE payment_id = ?`,
    [amount, paymentId],
  );
  if (payment?.status === 'voided') await insertPaymentEvent(transaction, 'refund.required', paymentId);
  return true;
}

/** Records that this attempt can never succeed, and why, with its event. The capture then waits for a person. */
export async function markCaptureFailed(
  pool: Pool,
  { paymentId, orderId }: Pick<StoredPayment, 'paymentId' | 'orderId'>,
  attempt: number,
  why: string,
): Promise<void> {
  const failure = why.slice(0, 500);
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE authorisations a JOIN payments p ON p.payment_id = a.payment_id
       SET a.state = 'failed', a.failure = ?, a.ended_at = UTC_TIMESTAMP(3)
       WHERE a.payment_id = ? AND a.state = 'authorised' AND p.status = 'accepted' AND a.attempt = ?`,
      [failure, paymentId, attempt],
    );
    if (affectedRows !== 1) return;
    await insertOrderEvents(transaction, [{ type: 'capture.failed', orderId, paymentId, data: { failure } }]);
  });
}

/**
 * Records that the provider has released the money, with the event of a payment that is back. A second call changes
 * nothing. No other status is voided: the money of an accepted payment is owed to the shop.
 */
export async function markVoided(pool: Pool, paymentId: string): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    await recordVoided(transaction, paymentId);
  });
}

/** As {@link markVoided}, of a payment whose order the caller has locked. */
export async function recordVoided(transaction: Transaction, paymentId: string): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments FORCE INDEX (PRIMARY) SET status = 'voided'
     WHERE payment_id = ? AND status IN ('refund_required', 'refund_failed', 'closed') AND refund_reason IS NOT NULL
       AND uncaptured_amount = amount`,
    [paymentId],
  );
  if (affectedRows !== 1) return;
  await transaction.query(
    `UPDATE authorisations SET state = 'voided', failure = NULL, ended_at = UTC_TIMESTAMP(3) WHERE payment_id = ?`,
    [paymentId],
  );
  await insertPaymentEvent(transaction, 'refund.succeeded', paymentId, { voided: true });
}
