import { v7 as uuid } from 'uuid';
import { DomainError } from '../../domain/errors.js';
import type { OrderRefund, OrderRefundState } from '../../domain/order-refund.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { insertRefundChange, isChanged } from '../payments/payment-rows.js';
import { countDisplaced } from './displaced.js';
import { insertRefundEvent, lockOrderAndRefund } from './refund-events.js';

/** The changes that a person may make to a refund of an order, as payment-changes.ts has them for payments. */

interface Change {
  readonly refundId: string;
  readonly by: string;
  readonly note?: string;
}

/**
 * Asks again for a refund that had failed for good, under a new idempotency key. The bridge starts the refund.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function retryRefund(pool: Pool, change: Change): Promise<void> {
  await once(pool, 'refund', change, ['failed'], async (transaction, refund) => {
    const missing = await countDisplaced(transaction, refund, refund.amount);
    if (missing > 0)
      throw refused(`Refund ${refund.refundId}: ${missing} of ${refund.amount} went back in another way.`);
    await transaction.query(
      `UPDATE order_refunds SET state = 'required', failure = NULL, attempt = attempt + 1, required_at = UTC_TIMESTAMP(3)
       WHERE refund_id = ?`,
      [refund.refundId],
    );
    await insertRefundEvent(transaction, 'refund.required', refund);
  });
}

/**
 * Closes a refund that a person has handled elsewhere. No process of ours starts it afterwards. Its amount stays counted
 * among what went back of the payment.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function closeRefund(pool: Pool, change: Change & { readonly note: string }): Promise<void> {
  await once(pool, 'close', change, ['required', 'failed'], async (transaction, { refundId }) => {
    await transaction.query("UPDATE order_refunds SET state = 'closed' WHERE refund_id = ?", [refundId]);
  });
}

const refused = (why: string): DomainError => new DomainError('change-refused', why);

async function once(
  pool: Pool,
  action: 'refund' | 'close',
  change: Change,
  allowed: readonly OrderRefundState[],
  work: (transaction: Transaction, refund: OrderRefund) => Promise<void>,
): Promise<void> {
  const { refundId, by, note = null } = change;
  const changeId = uuid();
  await inTransaction(pool, async (transaction) => {
    const refund = await lockOrderAndRefund(transaction, refundId);
    if (refund === undefined) throw refused(`There is no refund ${refundId}.`);
    if (await isChanged(transaction, changeId)) return;
    const { state, paymentId } = refund;
    if (paymentId === null || !allowed.includes(state)) {
      throw refused(`Refund ${refundId} is ${state}. A person can ${action} one that is ${allowed.join(' or ')}.`);
    }
    await work(transaction, refund);
    await insertRefundChange(transaction, {
      changeId,
      paymentId,
      action,
      statusBefore: state,
      note,
      changedBy: by,
      orderRefundId: refundId,
    });
  });
}
