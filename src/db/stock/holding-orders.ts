import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** An open order that holds units of a SKU. */
export interface HoldingOrder {
  readonly orderId: string;
  /** Of the SKU. */
  readonly quantity: number;
  /** All SKUs of the order. */
  readonly skus: readonly string[];
  /** Whether `orders` has a row of the order. */
  readonly isRecorded: boolean;
}

/** More orders than one change cancels. A rule of thumb: their stock is locked while they end, for about a second. */
export const MOST_ORDERS = 5_000;

/**
 * The newest open orders that hold the SKU, until they hold so many units, and at most {@link MOST_ORDERS}. A plain
 * read: the orders may end before the caller locks them. Reads every open order.
 */
export async function newestHolding(pool: Pool, sku: string, units: number): Promise<HoldingOrder[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Omit<HoldingOrder, 'skus'> & { skus: string })[]>(
      `SELECT c.order_id AS orderId, line.quantity, JSON_EXTRACT(c.items, '$[*].sku') AS skus,
         o.order_id IS NOT NULL AS isRecorded
       FROM checkouts c FORCE INDEX (open_by_deadline)
       LEFT JOIN orders o ON o.order_id = c.order_id,
       JSON_TABLE(c.items, '$[*]' COLUMNS (
         sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
         quantity INT PATH '$.quantity')) line
       WHERE c.is_open = 1 AND COALESCE(o.status, 'placed') = 'placed' AND line.sku = ?
       ORDER BY c.created_at DESC, c.order_id DESC LIMIT ?`,
      [sku, MOST_ORDERS],
    );
    return coveringOrders(rows, units).map(({ orderId, quantity, skus, isRecorded }) => ({
      orderId,
      quantity,
      skus: JSON.parse(skus) as string[],
      isRecorded: Boolean(isRecorded),
    }));
  } catch (error) {
    throw translated(error);
  }
}

/** The first of these orders that together hold so many units, or all of them. */
export function coveringOrders<O extends { readonly quantity: number }>(orders: readonly O[], units: number): O[] {
  const covering: O[] = [];
  let held = 0;
  for (const order of orders) {
    if (held >= units) break;
    held += order.quantity;
    covering.push(order);
  }
  return covering;
}
