import type { PoolConnection } from 'mysql2/promise';
import { unavailable } from '../../domain/errors.js';
import { translated } from './connection-errors.js';
import type { Pool } from './pool.js';

/**
 * Runs `work` while this process alone holds the lock `name`, on the connection that holds it: when the process
 * dies, the server frees the lock with the connection. Names are per database, not per server.
 *
 * @param waitSeconds how long to wait for another holder
 * @throws {DomainError} `dependency-unavailable` when another still holds it after that, or the database is away
 */
export async function withNamedLock<T>(
  pool: Pool,
  name: string,
  waitSeconds: number,
  work: (connection: PoolConnection) => Promise<T>,
): Promise<T> {
  let connection: PoolConnection | undefined;
  try {
    connection = await pool.getConnection();
    const [rows] = await connection.query({
      sql: "SELECT GET_LOCK(CONCAT(MD5(DATABASE()), ':', ?), ?) AS held",
      values: [name, waitSeconds],
      timeout: (waitSeconds + 10) * 1_000,
    });
    const held = (rows as { held: number | null }[])[0]?.held === 1;
    if (!held) throw unavailable('the database', new Error(`another process holds the lock ${name}`));
    const result = await work(connection);
    await connection.query('SELECT RELEASE_ALL_LOCKS()');
    return result;
  } catch (error) {
    throw translated(error);
  } finally {
    // Never back into the pool with the lock on it, nor with what `work` set: closing it ends both.
    connection?.destroy();
  }
}
