import type { RowDataPacket } from 'mysql2/promise';
import type { Transaction } from '../driver/transaction.js';

/**
 * Whether the provider has reported that its refund of a payment has failed: such a report may come before our own record
 * of the refund. A locking read, since the report may be just committing (ADR 23).
 *
 * @returns why
 */
export async function failureOf(
  transaction: Transaction,
  paymentId: string,
  providerRefundId: string,
): Promise<string | undefined> {
  const [[row]] = await transaction.query<(RowDataPacket & { failure: string | null })[]>(
    `SELECT r.failure FROM payments p STRAIGHT_JOIN provider_refunds r ON r.provider = p.provider
       AND r.provider_refund_id = ? AND r.state = 'failed' WHERE p.payment_id = ? FOR UPDATE`,
    [providerRefundId, paymentId],
  );
  return row && (row.failure ?? 'the provider reports that the refund has failed');
}
