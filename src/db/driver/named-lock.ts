import type { PoolConnection } from 'mysql2/promise';
import { unavailable } from '../../domain/errors.js';
import { translated } from './connection-errors.js';
import type { Pool } from './pool.js';

/**
 * Runs `work` while this process alone holds the lock `name`. `work` gets the connection that holds the lock: when the
 * process dies, the server closes the connection and frees the lock. A name is per database, not per server.
 *
 * @param waitSeconds how long to wait while another process holds the lock
 * @throws {DomainError} `dependency-unavailable` when another process holds the lock longer, or the database does not
 *   answer
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
    // The connection may hold the lock and the session settings of `work`, so it does not go back to the pool.
    connection?.destroy();
  }
}
