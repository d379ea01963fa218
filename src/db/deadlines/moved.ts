import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** A deadline that was moved, and of which the order's workflow may not know. */
export interface MovedDeadline {
  readonly orderId: string;
  readonly expiresAt: Date;
  readonly movedAt: Date;
}

/**
 * Deadlines that were moved at least `minAgeMs` ago, the oldest first.
 *
 * @param page.after the last one of the previous page
 * @throws {DomainError} `dependency-unavailable`
 */
export async function movedDeadlines(
  pool: Pool,
  page: { readonly minAgeMs: number; readonly limit: number; readonly after?: MovedDeadline | undefined },
): Promise<MovedDeadline[]> {
  const { minAgeMs, limit, after } = page;
  try {
    const [rows] = await pool.query<(RowDataPacket & MovedDeadline)[]>(
      `SELECT order_id AS orderId, expires_at AS expiresAt, moved_at AS movedAt
       FROM moved_deadlines FORCE INDEX (by_age)
       WHERE ${after ? '((moved_at = ? AND order_id > ?) OR moved_at > ?) AND' : ''}
         moved_at <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
       ORDER BY moved_at, order_id LIMIT ?`,
      [...(after ? [after.movedAt, after.orderId, after.movedAt] : []), minAgeMs * 1_000, limit],
    );
    return rows;
  } catch (error) {
    throw translated(error);
  }
}

/** Forgets a move whose signal Temporal has taken. A later move of the same order stays. */
export async function forgetMove(pool: Pool, { orderId, expiresAt }: Omit<MovedDeadline, 'movedAt'>): Promise<void> {
  try {
    await pool.query('DELETE FROM moved_deadlines WHERE order_id = ? AND expires_at = ?', [orderId, expiresAt]);
  } catch (error) {
    throw translated(error);
  }
}
