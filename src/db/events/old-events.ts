import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** Rows of one statement. A rule of thumb. */
const AT_ONCE = 1_000;

/**
 * Deletes some events that were delivered before the given time, the oldest first, by their keys: no other statement
 * waits for more than their rows.
 *
 * @returns how many; 0 when none is left
 * @throws {DomainError} `dependency-unavailable`
 */
export async function deleteOldEvents(pool: Pool, keptMs: number, atOnce = AT_ONCE): Promise<number> {
  try {
    const [old] = await pool.query<(RowDataPacket & { position: number })[]>(
      `SELECT position FROM events FORCE INDEX (undelivered)
       WHERE delivered_at < UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND ORDER BY delivered_at LIMIT ?`,
      [keptMs * 1_000, atOnce],
    );
    if (old.length === 0) return 0;
    const [{ affectedRows }] = await pool.query<ResultSetHeader>(
      'DELETE FROM events WHERE position IN (?) AND delivered_at IS NOT NULL',
      [old.map(({ position }) => position)],
    );
    return affectedRows;
  } catch (error) {
    throw translated(error);
  }
}
