import type { ResultSetHeader } from 'mysql2/promise';
import type { OrderRefund } from '../../domain/order-refund.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { insertRefundEvent, lockOrderAndRefund } from './refund-events.js';
import { type RefundRow, refundColumns, toRefund } from './refund-rows.js';

/** What becomes of a refund at its provider. Each of these may run any number of times. */

/**
 * Records that the provider has made the refund, with its event. A second call changes nothing. A refund that a person has
 * closed meanwhile is recorded too, since the money did move.
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
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE order_refunds SET state = 'refunded', provider_refund_id = ?, refunded_amount = ?, failure = NULL,
         refunded_at = UTC_TIMESTAMP(3)
       WHERE refund_id = ? AND state IN ('required', 'failed', 'closed')`,
      [providerRefundId, amount ?? null, refundId],
    );
    if (refund === undefined || affectedRows === 0) return;
    const data = { refundId: providerRefundId, ...(amount !== undefined && { refundedAmount: amount }) };
    await insertRefundEvent(transaction, 'refund.succeeded', refund, data);
  });
}

/** Records that this attempt can never succeed, and why, with its event. The refund then waits for a person. */
export async function markOrderRefundFailed(
  pool: Pool,
  { refundId, attempt }: Pick<OrderRefund, 'refundId' | 'attempt'>,
  why: string,
): Promise<void> {
  const failure = why.slice(0, 500);
  await inTransaction(pool, async (transaction) => {
    const refund = await lockOrderAndRefund(transaction, refundId);
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE order_refunds SET state = 'failed', failure = ? WHERE refund_id = ? AND state = 'required' AND attempt = ?`,
      [failure, refundId, attempt],
    );
    if (refund === undefined || affectedRows === 0) return;
    await insertRefundEvent(transaction, 'refund.failed', refund, { failure });
  });
}

export async function findRefund(pool: Pool, refundId: string): Promise<OrderRefund | undefined> {
  try {
    const [[row]] = await pool.query<RefundRow[]>(`SELECT ${refundColumns} FROM order_refunds WHERE refund_id = ?`, [
      refundId,
    ]);
    return row && toRefund(row);
  } catch (error) {
    throw translated(error);
  }
}
