import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/**
 * Counts payments that are stored and not decided. The age is by the database's clock, in seconds.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function countUndecidedPayments(
  pool: Pool,
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  try {
    const [rows] = await pool.query<(RowDataPacket & { count: number; oldestSeconds: number })[]>(
      `SELECT COUNT(*) AS count,
         COALESCE(TIMESTAMPDIFF(SECOND, MIN(received_at), UTC_TIMESTAMP(3)), 0) AS oldestSeconds
       FROM payments WHERE status = 'received'`,
    );
    return rows[0] ?? { count: 0, oldestSeconds: 0 };
  } catch (error) {
    throw translated(error);
  }
}
