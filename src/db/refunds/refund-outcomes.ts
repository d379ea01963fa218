import type { OrderRefund } from '../../domain/order-refund.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type RefundRow, refundColumns, toRefund } from './refund-rows.js';

/** What becomes of a refund at its provider. Each of these may run any number of times. */

/**
 * Records that the provider has made the refund. A second call changes nothing. A refund that a person has closed
 * meanwhile is recorded too, since the money did move.
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
  await update(
    pool,
    `UPDATE order_refunds SET state = 'refunded', provider_refund_id = ?, refunded_amount = ?, failure = NULL,
       refunded_at = UTC_TIMESTAMP(3)
     WHERE refund_id = ? AND state IN ('required', 'failed', 'closed')`,
    [providerRefundId, amount ?? null, refundId],
  );
}

/** Records that this attempt can never succeed, and why. The refund then waits for a person. */
export async function markOrderRefundFailed(
  pool: Pool,
  { refundId, attempt }: Pick<OrderRefund, 'refundId' | 'attempt'>,
  why: string,
): Promise<void> {
  await update(
    pool,
    `UPDATE order_refunds SET state = 'failed', failure = ? WHERE refund_id = ? AND state = 'required' AND attempt = ?`,
    [why.slice(0, 500), refundId, attempt],
  );
}

async function update(pool: Pool, sql: string, values: readonly unknown[]): Promise<void> {
  try {
    await pool.query(sql, [...values]);
  } catch (error) {
    throw translated(error);
  }
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
