import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { FOR_BROKER } from './undelivered.js';

/** A larger backlog is counted as this number, so that the count takes no longer. */
const COUNTED = 100_000;

const EITHER = [`delivered_at IS NULL`, `delivered_at = '${FOR_BROKER}'`];
const some = EITHER.map((is) => `(SELECT 1 FROM events FORCE INDEX (undelivered) WHERE ${is} LIMIT ${COUNTED})`).join(
  ' UNION ALL ',
);
const oldest = EITHER.map(
  (is) => `(SELECT occurred_at FROM events FORCE INDEX (undelivered) WHERE ${is} ORDER BY position LIMIT 1)`,
).join(' UNION ALL ');

/**
 * Events that the broker has not confirmed.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function countUndelivered(
  pool: Pool,
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  try {
    const [[row]] = await pool.query<(RowDataPacket & { count: number; oldestSeconds: number })[]>(
      `SELECT LEAST((SELECT COUNT(*) FROM (${some}) some), ${COUNTED}) AS count,
         COALESCE((SELECT GREATEST(0, TIMESTAMPDIFF(SECOND, MIN(occurred_at), UTC_TIMESTAMP(3)))
           FROM (${oldest}) oldest), 0) AS oldestSeconds`,
    );
    return row ?? { count: 0, oldestSeconds: 0 };
  } catch (error) {
    throw translated(error);
  }
}
