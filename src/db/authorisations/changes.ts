import type { PaymentStatus } from '../../domain/settlement.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';
import { type Change, changeOnce, changeRefused } from '../payments/payment-changes.js';
import type { StoredPayment } from '../payments/payment-rows.js';
import { lockAuthorisation } from './rows.js';

/** The changes that a person may make to a capture, as payment-changes.ts has them for payments. */

const accepted: readonly PaymentStatus[] = ['accepted'];

/**
 * Asks again for a capture that had failed for good, under a new idempotency key. The bridge starts the capture.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function retryCapture(pool: Pool, change: Change): Promise<void> {
  await changeOnce(pool, 'capture', change, accepted, async (transaction, payment) => {
    await refuseOthers(transaction, payment, 'capture');
    await transaction.query(
      `UPDATE authorisations SET state = 'authorised', failure = NULL, ended_at = NULL, attempt = attempt + 1
       WHERE payment_id = ?`,
      [payment.paymentId],
    );
  });
}

/**
 * Closes a capture that had failed for good: the shop has the money in another way, or goes without. The order stays paid,
 * and nothing can be refunded of the payment.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function closeCapture(pool: Pool, change: Change & { readonly note: string }): Promise<void> {
  await changeOnce(pool, 'close', change, accepted, async (transaction, payment) => {
    await refuseOthers(transaction, payment, 'close');
    await transaction.query(
      `UPDATE authorisations SET state = 'closed', ended_at = UTC_TIMESTAMP(3) WHERE payment_id = ?`,
      [payment.paymentId],
    );
  });
}

async function refuseOthers(transaction: Transaction, { paymentId }: StoredPayment, action: string): Promise<void> {
  const state = (await lockAuthorisation(transaction, paymentId))?.state;
  if (state === 'failed') return;
  const is = state === undefined ? 'was paid at once' : `has an authorisation that is ${state}`;
  throw changeRefused(`Payment ${paymentId} ${is}. A person can ${action} one whose capture is failed.`);
}
