import type { OrderStatus } from '../../domain/order.js';
import { alsoArchived } from '../archive/also-archived.js';
import type { Pool } from '../driver/pool.js';
import { select } from './select.js';

/** The status of each of these orders, recorded or not, archived or not. An id that no checkout has is not in the map. */
export async function statusOf(pool: Pool, orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStatus>> {
  const sql = `SELECT c.order_id AS orderId, COALESCE(o.status, 'placed') AS status
     FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id IN (?)`;
  const rows = await alsoArchived(
    orderIds,
    (ids, where) => select<{ orderId: string; status: OrderStatus }>(pool, where(sql), [ids]),
    ({ orderId }) => orderId,
  );
  return new Map(rows.map(({ orderId, status }) => [orderId, status]));
}
