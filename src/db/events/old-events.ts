import type { RowDataPacket } from 'mysql2/promise';
import { HELD_MS } from '../../domain/endpoint.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { FOR_BROKER } from './undelivered.js';

/** Rows of one statement. A rule of thumb. */
const AT_ONCE = 1_000;

interface OldEvent extends RowDataPacket {
  readonly position: number;
  readonly delivered_at: Date;
}

/** Where the next batch begins. */
export type LastOld = Pick<OldEvent, 'position' | 'delivered_at'>;

/**
 * Looks at some events that were delivered before the given time, the oldest first, and deletes them with their rows for
 * endpoints, by their keys: no other statement waits for more than their rows. An event that an endpoint has not taken yet
 * stays, for 30 days at most.
 *
 * @param options.after the `last` of the batch before
 * @returns how many were deleted; without `last` none is left
 * @throws {DomainError} `dependency-unavailable`
 */
export async function deleteOldEvents(
  pool: Pool,
  keptMs: number,
  { atOnce = AT_ONCE, after }: { readonly atOnce?: number; readonly after?: LastOld | undefined } = {},
): Promise<{ readonly deleted: number; readonly last: LastOld | undefined }> {
  try {
    const { delivered_at: since = new Date(0), position = 0 } = after ?? {};
    const [old] = await pool.query<OldEvent[]>(
      `SELECT position, delivered_at FROM events FORCE INDEX (undelivered)
       WHERE delivered_at < UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND AND delivered_at >= ?
         AND (delivered_at > ? OR position > ?)
       ORDER BY delivered_at, position LIMIT ?`,
      [keptMs * 1_000, since, since, position, atOnce],
    );
    if (old.length === 0) return { deleted: 0, last: undefined };
    const positions = old.map((event) => event.position);
    return {
      deleted: await inTransaction(pool, (transaction) => deleteUnheld(transaction, positions)),
      last: old.at(-1),
    };
  } catch (error) {
    throw translated(error);
  }
}

async function deleteUnheld(transaction: Transaction, positions: readonly number[]): Promise<number> {
  const [held] = await transaction.query<OldEvent[]>(
    `SELECT DISTINCT d.position FROM event_deliveries d FORCE INDEX (PRIMARY) JOIN events e ON e.position = d.position
     WHERE d.position IN (?) AND d.state = 'waiting' AND e.occurred_at > UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND`,
    [positions, HELD_MS * 1_000],
  );
  const isHeld = new Set(held.map(({ position }) => position));
  const free = positions.filter((position) => !isHeld.has(position));
  if (free.length === 0) return 0;
  await transaction.query('DELETE FROM event_deliveries WHERE position IN (?)', [free]);
  await transaction.query(`DELETE FROM events WHERE position IN (?) AND delivered_at < '${FOR_BROKER}'`, [free]);
  return free.length;
}
