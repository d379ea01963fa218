import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** A larger backlog is counted as this number, so that the count takes no longer. */
const COUNTED = 100_000;

/** @throws {DomainError} `dependency-unavailable` */
export async function countUndelivered(
  pool: Pool,
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  try {
    const [[row]] = await pool.query<(RowDataPacket & { count: number; oldestSeconds: number })[]>(
      `SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM events FORCE INDEX (undelivered) WHERE delivered_at IS NULL LIMIT ?) some) AS count,
         COALESCE((SELECT GREATEST(0, TIMESTAMPDIFF(SECOND, occurred_at, UTC_TIMESTAMP(3)))
           FROM events FORCE INDEX (undelivered) WHERE delivered_at IS NULL ORDER BY position LIMIT 1), 0) AS oldestSeconds`,
      [COUNTED],
    );
    return row ?? { count: 0, oldestSeconds: 0 };
  } catch (error) {
    throw translated(error);
  }
}
