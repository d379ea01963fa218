import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection } from 'mysql2/promise';
import { isOutage, translated, troubleOf } from './connection-errors.js';
import type { Trouble } from './server-error.js';

export type Transaction = Pick<PoolConnection, 'query'>;

/** A deadlock is told at once; whoever waited for a lock, or for an answer, has waited long enough to be told. */
const attempts: Readonly<Record<Trouble, number>> = { deadlock: 6, 'lock wait': 2, outage: 3, silence: 1 };

/**
 * Runs `work` in a transaction, and the whole of it again after a deadlock, a lock wait or a lost connection.
 *
 * `work` must therefore be right when it runs a second time after a commit whose reply was lost: it reads what is
 * there, under the locks it takes first, and writes only what is missing. The locks make the second run wait for a
 * first one that is still committing on the server.
 *
 * @param limits of attempts, where others than the usual ones
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

/** A lock wait rolls back only its own statement, so the ROLLBACK is said; a connection that can't say it is closed. */
async function giveBack(connection: PoolConnection, error: unknown): Promise<void> {
  if (isOutage(error)) return connection.destroy();
  try {
    await connection.query('ROLLBACK');
    connection.release();
  } catch {
    connection.destroy();
  }
}
