import type { RowDataPacket } from 'mysql2/promise';
import { until } from '../../src/cli/story/until.js';
import type { Pool } from '../../src/db/driver/pool.js';

/** Resolves when each checkout has its order. */
export const untilRecorded = (pool: Pool): Promise<number> =>
  until(
    'the recorded orders',
    () => unrecorded(pool),
    (count) => count === 0,
  );

async function unrecorded(pool: Pool): Promise<number> {
  const [rows] = await pool.query<(RowDataPacket & { count: number })[]>(
    `SELECT COUNT(*) AS count FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
     WHERE c.is_open = 1 AND o.order_id IS NULL`,
  );
  return rows[0]?.count ?? 0;
}
