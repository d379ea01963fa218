import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { paymentColumns, type StoredPayment } from './payment-rows.js';

export interface UnfinishedPayment extends StoredPayment {
  readonly receivedAt: Date;
}

/**
 * Payments that have been undecided, or have had an owed refund, for at least `minAgeMs`. Undecided payments come
 * first, so that refunds that fail again and again do not delay them. Then the oldest come first.
 *
 * @param page.after the last payment of the previous page
 * @throws {DomainError} `dependency-unavailable`
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

/** Ranges of the index, so that a page is found without reading the pages before it. */
function behind(status: StoredPayment['status']): string {
  const is = `status = '${status === 'received' ? 'received' : 'refund_required'}'`;
  const later = `(${is} AND received_at = ? AND payment_id > ?) OR (${is} AND received_at > ?)`;
  return status === 'received' ? `${later} OR status = 'refund_required'` : later;
}
