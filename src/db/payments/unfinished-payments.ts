import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { paymentColumns, type StoredPayment } from './payment-rows.js';

export interface UnfinishedPayment extends StoredPayment {
  readonly receivedAt: Date;
}

/**
 * Payments that nobody has decided, or that should have gone back, for at least `minAgeMs`. Undecided ones first, so
 * that refunds which keep failing hold up none of them; then the oldest.
 *
 * @param after the last payment of the page before
 */
export async function unfinishedPayments(
  pool: Pool,
  page: {
    readonly minAgeMs: number;
    readonly limit: number;
    readonly after?: Pick<UnfinishedPayment, 'status' | 'receivedAt' | 'paymentId'> | undefined;
  },
): Promise<UnfinishedPayment[]> {
  const { minAgeMs, limit, after } = page;
  try {
    const [rows] = await pool.query<(RowDataPacket & UnfinishedPayment)[]>(
      `SELECT ${paymentColumns}, received_at AS receivedAt FROM payments FORCE INDEX (undecided)
       WHERE (${after === undefined ? "status IN ('received', 'refund_required')" : behind(after.status)})
         AND COALESCE(decided_at, received_at) <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
       ORDER BY status, received_at, payment_id LIMIT ?`,
      [...(after ? [after.receivedAt, after.paymentId, after.receivedAt] : []), minAgeMs * 1000, limit],
    );
    return rows;
  } catch (error) {
    throw translated(error);
  }
}

/** Ranges of the index, one behind the other: each page is found without the pages before. */
function behind(status: StoredPayment['status']): string {
  const is = `status = '${status === 'received' ? 'received' : 'refund_required'}'`;
  const later = `(${is} AND received_at = ? AND payment_id > ?) OR (${is} AND received_at > ?)`;
  return status === 'received' ? `${later} OR status = 'refund_required'` : later;
}
