import type { Pool } from '../../src/db/driver/pool.js';

/**
 * Counts how long callers hold the connections of a pool, from the moment at which a caller gets a connection.
 *
 * @returns reads the sum in milliseconds
 */
export function countHeld(pool: Pick<Pool, 'getConnection'>): () => number {
  const open = pool.getConnection.bind(pool);
  let heldMs = 0;
  pool.getConnection = async () => {
    const connection = await open();
    const since = performance.now();
    const release = connection.release.bind(connection);
    connection.release = () => {
      heldMs += performance.now() - since;
      release();
    };
    return connection;
  };
  return () => heldMs;
}
