import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** The orders among these that another transaction holds at this moment. Waits for no lock, and holds none afterwards. */
export async function lockedOrders(pool: Pool, orderIds: readonly string[]): Promise<ReadonlySet<string>> {
  const select = async (lock: string) => {
    const sql = `SELECT order_id AS orderId FROM orders FORCE INDEX (PRIMARY) WHERE order_id IN (?) ${lock}`;
    const [rows] = await pool.query<(RowDataPacket & { orderId: string })[]>(sql, [orderIds]);
    return rows.map(({ orderId }) => orderId);
  };
  try {
    const locked = new Set(await select(''));
    for (const orderId of await select('FOR UPDATE SKIP LOCKED')) locked.delete(orderId);
    return locked;
  } catch (error) {
    throw translated(error);
  }
}
