import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection } from 'mysql2/promise';
import { isContention, isOutage, translated } from './connection-errors.js';

export type Transaction = Pick<PoolConnection, 'query'>;

const ATTEMPTS = 6;
const OUTAGE_ATTEMPTS = 3;

/**
 * Runs `work` in a transaction, and the whole of it again after a deadlock, a lock wait or a lost connection.
 *
 * `work` must therefore be right when it runs a second time after a commit whose reply was lost: it reads what is
 * there, under the locks it takes first, and writes only what is missing. The locks make the second run wait for a
 * first one that is still committing on the server.
 *
 * @throws {DomainError} `dependency-unavailable` when the attempts are used up
 */
export async function inTransaction<T>(pool: Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  let outages = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work);
    } catch (error) {
      if (isOutage(error)) outages++;
      const again = isContention(error) || (isOutage(error) && outages < OUTAGE_ATTEMPTS);
      if (!again || attempt >= ATTEMPTS) throw translated(error);
      await sleep(Math.random() * 2 ** attempt * 5);
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
