import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { countWaiting } from './endpoints.js';

/** @throws {DomainError} `dependency-unavailable` */
export async function countEndpoints(
  pool: Pool,
): Promise<{ readonly active: number; readonly failing: number; readonly paused: number; readonly waiting: number }> {
  try {
    const [endpoints] = await pool.query<(RowDataPacket & { id: string; state: string; failures: number })[]>(
      "SELECT endpoint_id AS id, state, failures FROM endpoints WHERE state <> 'removed'",
    );
    const active = endpoints.filter(({ state }) => state === 'active');
    let waiting = 0;
    for (const { id } of active) waiting += await countWaiting(pool, id);
    return {
      active: active.length,
      failing: active.filter(({ failures }) => failures > 0).length,
      paused: endpoints.length - active.length,
      waiting,
    };
  } catch (error) {
    throw translated(error);
  }
}
