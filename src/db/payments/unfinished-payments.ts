import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { paymentColumns, type StoredPayment } from './payment-rows.js';

export interface UnfinishedPayment extends StoredPayment {
  readonly receivedAt: Date;
}

/**
 * Payments that have been undecided (`received`), or have had an owed refund (`refund_required`), for at least
 * `minAgeMs`. The oldest come first.
 *
 * @param page.after the last payment of the previous page
 * @throws {DomainError} `dependency-unavailable`
 */
export async function unfinishedPayments(
  pool: Pool,
  status: 'received' | 'refund_required',
  page: {
    readonly minAgeMs: number;
    readonly limit: number;
    readonly after?: Pick<UnfinishedPayment, 'receivedAt' | 'paymentId'> | undefined;
  },
): Promise<UnfinishedPayment[]> {
  const { minAgeMs, limit, after } = page;
  try {
    // Written as ranges, so that a page is found without reading the pages before it.
    const [rows] = await pool.query<(RowDataPacket & UnfinishedPayment)[]>(
      `SELECT ${paymentColumns}, received_at AS receivedAt FROM payments FORCE INDEX (undecided)
       WHERE status = ? ${after ? 'AND ((received_at = ? AND payment_id > ?) OR received_at > ?)' : ''}
         AND COALESCE(decided_at, received_at) <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
       ORDER BY received_at, payment_id LIMIT ?`,
      [status, ...(after ? [after.receivedAt, after.paymentId, after.receivedAt] : []), minAgeMs * 1000, limit],
    );
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
