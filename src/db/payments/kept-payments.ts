import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** Payments that wait for a person. The bridge calls these functions in its sweeps. */

/** Payments of one turn; the next turn takes the rest. */
const LARGEST_TURN = 1_000;

/**
 * Releases kept payments whose checkouts are there by now: a restore has ended, or the checkout was committed after the
 * payment's event. Each payment is then settled like any other payment.
 *
 * @returns how many payments
 * @throws {DomainError} `dependency-unavailable`
 */
export async function placeArrived(pool: Pool): Promise<number> {
  try {
    const [found] = await pool.query<(RowDataPacket & { paymentId: string })[]>(
      `SELECT p.payment_id AS paymentId FROM payments p JOIN checkouts c ON c.order_id = p.order_id
       WHERE p.status = 'unplaced' LIMIT ?`,
      [LARGEST_TURN],
    );
    let placed = 0;
    for (const { paymentId } of found) {
      // The WHERE: a person may have decided on the payment meanwhile.
      const [{ affectedRows }] = await pool.query<ResultSetHeader>(
        `UPDATE payments SET status = 'received', placed_at = UTC_TIMESTAMP(3)
         WHERE payment_id = ? AND status = 'unplaced'`,
        [paymentId],
      );
      placed += affectedRows;
    }
    return placed;
  } catch (error) {
    throw translated(error);
  }
}

export interface WaitingForPerson {
  readonly unplaced: number;
  readonly refundFailed: number;
}

export async function countWaitingForPerson(pool: Pool): Promise<WaitingForPerson> {
  try {
    const [[counts]] = await pool.query<(RowDataPacket & WaitingForPerson)[]>(
      `SELECT COUNT(IF(status = 'unplaced', 1, NULL)) AS unplaced,
         COUNT(IF(status = 'refund_failed', 1, NULL)) AS refundFailed
       FROM payments WHERE status IN ('unplaced', 'refund_failed')`,
    );
    return counts ?? { unplaced: 0, refundFailed: 0 };
  } catch (error) {
    throw translated(error);
  }
}
