import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** Rows of one statement. A rule of thumb. */
const AT_ONCE = 1_000;

/**
 * Deletes some rows of endpoints that were removed, and last the endpoints. The foreign key keeps an endpoint that gets
 * rows meanwhile.
 *
 * @returns how many; 0 when none is left
 * @throws {DomainError} `dependency-unavailable`
 */
export async function deleteRemoved(pool: Pool, atOnce = AT_ONCE): Promise<number> {
  try {
    const [removed] = await pool.query<(RowDataPacket & { id: string })[]>(
      "SELECT endpoint_id AS id FROM endpoints WHERE state = 'removed' LIMIT 1",
    );
    const [endpoint] = removed;
    if (endpoint === undefined) return 0;
    const [{ affectedRows: deleted }] = await pool.query<ResultSetHeader>(
      'DELETE FROM event_deliveries WHERE endpoint_id = ? LIMIT ?',
      [endpoint.id, atOnce],
    );
    if (deleted > 0) return deleted;
    const [{ affectedRows }] = await pool.query<ResultSetHeader>(
      `DELETE FROM endpoints WHERE endpoint_id = ? AND state = 'removed'
       AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.endpoint_id = ?)`,
      [endpoint.id, endpoint.id],
    );
    return affectedRows;
  } catch (error) {
    throw translated(error);
  }
}
