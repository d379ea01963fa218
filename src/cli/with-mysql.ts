import { createPool, type Pool } from '../db/driver/pool.js';
import { Unreachable } from './unreachable.js';

/** A pool for one command. @throws {Unreachable} when the connection or the login fails */
export async function withMysql<T>(url: string, size: number, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool({ url, size });
  try {
    const connection = await pool.getConnection().catch((error) => {
      throw new Unreachable('MySQL', url, error);
    });
    connection.release();
    return await work(pool);
  } finally {
    await pool.end();
  }
}
