import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/**
 * @returns for each id, in the same order, whether a checkout has this id.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function knownOrders(pool: Pool, orderIds: readonly string[]): Promise<boolean[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & { order_id: string })[]>(
      'SELECT order_id FROM checkouts WHERE order_id IN (?)',
      [orderIds],
    );
    const known = new Set(rows.map(({ order_id: orderId }) => orderId));
    return orderIds.map((orderId) => known.has(orderId));
  } catch (error) {
    throw translated(error);
  }
}
