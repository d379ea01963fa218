import type { Pool, ResultSetHeader } from 'mysql2/promise';
import type { CheckoutRequest } from '../../../src/domain/checkout.js';

const WINDOW_MS = 30 * 60_000;

/**
 * Reserves one unit of one SKU in a transaction of its own, with as few round trips as possible. The hot row is locked
 * last, by one guarded UPDATE, and only until the COMMIT behind it.
 *
 * @returns false when the SKU is sold out
 */
export async function reserveAlone(pool: Pool, request: CheckoutRequest): Promise<boolean> {
  const [sku, quantity, unitPrice] = [request.lines[0]?.sku ?? '', request.lines[0]?.quantity ?? 0, 1250];
  const now = new Date();
  const connection = await pool.getConnection();
  try {
    await connection.query('START TRANSACTION');
    await connection.execute(
      `INSERT INTO checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency, read_token,
         traceparent, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        request.orderId,
        request.userId,
        request.idempotencyKey,
        request.fingerprint,
        JSON.stringify([{ sku, quantity, unitPrice }]),
        quantity * unitPrice,
        'EUR',
        request.readToken,
        request.traceparent,
        now,
        new Date(now.getTime() + WINDOW_MS),
      ],
    );
    const [{ affectedRows }] = await connection.execute<ResultSetHeader>(
      'UPDATE products SET available = available - ?, reserved = reserved + ? WHERE sku = ? AND available >= ?',
      [quantity, quantity, sku, quantity],
    );
    await connection.query(affectedRows === 1 ? 'COMMIT' : 'ROLLBACK');
    return affectedRows === 1;
  } finally {
    connection.release();
  }
}
