import type { RowDataPacket } from 'mysql2/promise';
import { alsoArchived } from '../archive/also-archived.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/**
 * @returns for each id, in the same order, whether a checkout has this id, also an archived one.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function knownOrders(pool: Pool, orderIds: readonly string[]): Promise<boolean[]> {
  try {
    const rows = await alsoArchived(
      orderIds,
      async (ids, where) => {
        const sql = where('SELECT order_id AS orderId FROM checkouts WHERE order_id IN (?)');
        return (await pool.query<(RowDataPacket & { orderId: string })[]>(sql, [ids]))[0];
      },
      ({ orderId }) => orderId,
    );
    const known = new Set(rows.map(({ orderId }) => orderId));
    return orderIds.map((orderId) => known.has(orderId));
  } catch (error) {
    throw translated(error);
  }
}
