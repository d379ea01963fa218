import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { FOR_BROKER, SUBJECT } from './undelivered.js';

/** The positions of events, in their order; an id that no event has is not among them. */
export async function positionsOf(
  pool: Pool,
  eventIds: readonly string[],
): Promise<readonly { readonly eventId: string; readonly position: number }[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & { eventId: string; position: number })[]>(
      'SELECT event_id AS eventId, position FROM events WHERE event_id IN (?) ORDER BY position',
      [eventIds.concat('')],
    );
    return rows.map(({ eventId, position }) => ({ eventId, position }));
  } catch (error) {
    throw translated(error);
  }
}

/**
 * Sends events to an endpoint again, or for the first time, under their ids. What waits for it already stays as it is. The
 * caller replays older events first, so that those of an order keep their order.
 *
 * @param positions at most a thousand
 * @throws {DomainError} `dependency-unavailable`
 */
export async function replayToEndpoint(pool: Pool, endpointId: string, positions: readonly number[]): Promise<void> {
  if (positions.length === 0) return;
  try {
    // MySQL sets the columns in this order: `state` is read before it is set.
    await pool.query(
      `INSERT INTO event_deliveries (position, endpoint_id, subject, state, due_at)
       SELECT position, ?, ${SUBJECT}, 'waiting', UTC_TIMESTAMP(3) FROM events WHERE position IN (?)
       ON DUPLICATE KEY UPDATE due_at = IF(state = 'waiting', due_at, UTC_TIMESTAMP(3)),
         attempts = IF(state = 'waiting', attempts, 0), last_failure = IF(state = 'waiting', last_failure, NULL),
         first_failed_at = IF(state = 'waiting', first_failed_at, NULL), ended_at = NULL, state = 'waiting'`,
      [endpointId, positions],
    );
  } catch (error) {
    throw translated(error);
  }
}

/**
 * Sends events to RabbitMQ again, under their ids. What it has not confirmed yet stays as it is.
 *
 * @param positions at most a thousand
 * @returns how many
 * @throws {DomainError} `dependency-unavailable`
 */
export async function replayToBroker(pool: Pool, positions: readonly number[]): Promise<number> {
  if (positions.length === 0) return 0;
  try {
    const [{ affectedRows }] = await pool.query<ResultSetHeader>(
      `UPDATE events FORCE INDEX (PRIMARY) SET delivered_at = '${FOR_BROKER}'
       WHERE position IN (?) AND delivered_at < '${FOR_BROKER}'`,
      [positions],
    );
    return affectedRows;
  } catch (error) {
    throw translated(error);
  }
}
