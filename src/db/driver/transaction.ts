import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection } from 'mysql2/promise';
import { isOutage, translated, troubleOf } from './connection-errors.js';
import type { Trouble } from './server-error.js';

export type Transaction = Pick<PoolConnection, 'query'>;

/**
 * How often a transaction runs. A deadlock is reported at once; after a lock wait or a time-out the caller has waited
 * already.
 */
const attempts: Readonly<Record<Trouble, number>> = { deadlock: 6, 'lock wait': 2, outage: 3, silence: 1 };

/**
 * Runs `work` in a transaction. After a deadlock, a lock wait or a lost connection, runs the whole transaction again.
 *
 * `work` must be right when it runs a second time after a commit whose reply was lost. So `work` takes its locks first,
 * reads what is there, and writes only what is missing. The locks make the second run wait for a first run that is
 * still committing on the server.
 *
 * @param limits how many attempts, where they differ from the default
 * @throws {DomainError} `dependency-unavailable` when the attempts are used up
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (transaction: Transaction) => Promise<T>,
  limits: Partial<typeof attempts> = {},
): Promise<T> {
  const left = { ...attempts, ...limits };
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === undefined || --left[trouble] === 0) throw translated(error);
      await sleep(Math.random() * 2 ** Math.min(attempt, 6) * 5);
    }
  }
}

async function once<T>(pool: Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.query('START TRANSACTION');
    const result = await work(connection);
    await connection.query('COMMIT');
    connection.release();
    return result;
  } catch (error) {
    await giveBack(connection, error);
    throw error;
  }
}

/**
 * A lock wait rolls back its own statement only, so the rest needs a ROLLBACK. If the ROLLBACK fails, closes the
 * connection.
 */
async function giveBack(connection: PoolConnection, error: unknown): Promise<void> {
  if (isOutage(error)) return connection.destroy();
  try {
    await connection.query('ROLLBACK');
    connection.release();
  } catch {
    connection.destroy();
  }
}
