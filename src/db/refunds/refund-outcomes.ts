import type { ResultSetHeader } from 'mysql2/promise';
import type { OrderRefund } from '../../domain/order-refund.js';
import { orArchived } from '../archive/also-archived.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import type { FailedRefund } from '../payments/refunds.js';
import { failureOf } from '../reports/failed-refunds.js';
import { countDisplaced } from './displaced.js';
import { insertRefundEvent, lockOrderAndRefund } from './refund-events.js';
import { type RefundRow, refundColumns, toRefund } from './refund-rows.js';

/** What becomes of a refund at its provider. Each of these may run any number of times. */

/**
 * Records that the provider has made the refund, with its event. A second call changes nothing. A refund that a person
 * has closed meanwhile is recorded too, since the money did move. A refund that the provider has meanwhile reported as
 * failed is recorded as failed.
 *
 * @param amount the refunded amount in minor units, where it is less than the refund
 * @throws {DomainError} `dependency-unavailable`
 */
export async function markOrderRefunded(
  pool: Pool,
  refundId: string,
  providerRefundId: string,
  amount?: number,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    const refund = await lockOrderAndRefund(transaction, refundId);
    if (refund === undefined) return;
    const failure = await failureOf(transaction, refund.paymentId ?? '', providerRefundId);
    if (failure === undefined) await recordOrderRefunded(transaction, refund, providerRefundId, amount);
    else await recordOrderRefundFailed(transaction, refund, failure, { id: providerRefundId, attempt: 'any' });
  });
}

/** As {@link markOrderRefunded}, of a refund that the caller has locked behind its order. */
export async function recordOrderRefunded(
  transaction: Transaction,
  refund: OrderRefund,
  providerRefundId: string,
  amount?: number,
): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE order_refunds SET state = 'refunded', provider_refund_id = ?, refunded_amount = ?, failure = NULL,
       refunded_at = UTC_TIMESTAMP(3)
     WHERE refund_id = ? AND state IN ('required', 'failed', 'closed')`,
    [providerRefundId, amount ?? null, refund.refundId],
  );
  if (affectedRows === 0) return;
  await countDisplaced(transaction, refund, amount ?? refund.amount);
  const data = { refundId: providerRefundId, ...(amount !== undefined && { refundedAmount: amount }) };
  await insertRefundEvent(transaction, 'refund.succeeded', refund, data);
}

/** Records that this attempt can never succeed, and why, with its event. The refund then waits for a person. */
export async function markOrderRefundFailed(
  pool: Pool,
  { refundId, attempt }: Pick<OrderRefund, 'refundId' | 'attempt'>,
  why: string,
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    const refund = await lockOrderAndRefund(transaction, refundId);
    if (refund !== undefined) await recordOrderRefundFailed(transaction, refund, why, { attempt });
  });
}

/**
 * As {@link markOrderRefundFailed}, of a refund that the caller has locked behind its order. It may fail days after it
 * was made.
 */
export async function recordOrderRefundFailed(
  transaction: Transaction,
  refund: OrderRefund,
  why: string,
  { id, attempt }: FailedRefund,
): Promise<void> {
  const failure = why.slice(0, 500);
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE order_refunds SET state = 'failed', failure = ?, provider_refund_id = NULL, refunded_amount = NULL,
       refunded_at = NULL
     WHERE refund_id = ? AND ((state = 'refunded' AND provider_refund_id = ?)
       OR (state = 'required' AND (attempt = ? OR ?)))`,
    [failure, refund.refundId, id ?? '', attempt === 'any' ? -1 : (attempt ?? -1), attempt === 'any' ? 1 : 0],
  );
  if (affectedRows === 1) await insertRefundEvent(transaction, 'refund.failed', refund, { failure });
}

export async function findRefund(pool: Pool, refundId: string): Promise<OrderRefund | undefined> {
  try {
    const [row] = await orArchived(
      async (where) => {
        const sql = where(`SELECT ${refundColumns} FROM order_refunds WHERE refund_id = ?`);
        return (await pool.query<RefundRow[]>(sql, [refundId]))[0];
      },
      ({ length }) => length > 0,
    );
    return row && toRefund(row);
  } catch (error) {
    throw translated(error);
  }
}
