import type { Pool } from 'mysql2/promise';
import type { Checkout } from '../../../src/domain/checkout.js';

/** Writes an order and its items in a transaction of its own, as a shop without batches does. */
export async function writeOrder(pool: Pool, order: Checkout): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.query('START TRANSACTION');
    await connection.execute(
      `INSERT INTO orders (order_id, user_id, amount, currency, created_at, expires_at, recorded_at)
       VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`,
      [order.orderId, order.userId, order.amount, order.currency, order.createdAt, order.expiresAt],
    );
    await connection.execute(
      `INSERT INTO order_items (order_id, sku, quantity, unit_price) VALUES ${order.items.map(() => '(?, ?, ?, ?)').join(', ')}`,
      order.items.flatMap(({ sku, quantity, unitPrice }) => [order.orderId, sku, quantity, unitPrice]),
    );
    await connection.query('COMMIT');
  } finally {
    connection.release();
  }
}
