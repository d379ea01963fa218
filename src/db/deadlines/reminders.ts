import type { ResultSetHeader } from 'mysql2/promise';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { insertOrderEvents } from '../events/order-events.js';

/**
 * Writes the event `order.expiring`, once for each deadline of an order. The guarded UPDATE takes the lock of a settlement
 * and of a move: an order that was paid meanwhile, or whose deadline has moved, gets no event.
 *
 * @param expiresAt the deadline, as the caller knows it
 * @returns whether the event was written now
 * @throws {DomainError} `dependency-unavailable`
 */
export async function remindOfDeadline(pool: Pool, orderId: string, expiresAt: Date): Promise<boolean> {
  return await inTransaction(pool, async (transaction) => {
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE orders FORCE INDEX (PRIMARY) SET reminded_for = expires_at
       WHERE order_id = ? AND status = 'placed' AND expires_at = ? AND expires_at > UTC_TIMESTAMP(3)
         AND NOT (reminded_for <=> expires_at)`,
      [orderId, expiresAt],
    );
    if (affectedRows !== 1) return false;
    await insertOrderEvents(transaction, [{ type: 'order.expiring', orderId }]);
    return true;
  });
}
