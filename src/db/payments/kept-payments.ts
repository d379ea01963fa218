import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** Payments that wait for a person, as the bridge looks after them. */

const AT_ONCE = 1_000;

/**
 * Gives kept payments to their orders whose checkouts are there by now: a restore has ended, or the checkout was
 * committed after its payment was told. Each is then settled like any other.
 *
 * @returns how many
 */
export async function placeArrived(pool: Pool): Promise<number> {
  try {
    const [found] = await pool.query<(RowDataPacket & { paymentId: string })[]>(
      `SELECT p.payment_id AS paymentId FROM payments p JOIN checkouts c ON c.order_id = p.order_id
       WHERE p.status = 'unplaced' LIMIT ?`,
      [AT_ONCE],
    );
    let placed = 0;
    for (const { paymentId } of found) {
      // A person may have decided on it meanwhile.
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
