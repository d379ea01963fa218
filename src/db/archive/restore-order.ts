import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { bringBack } from './bring-back.js';

/**
 * Brings an archived order back for a person.
 *
 * @returns whether the order was archived
 * @throws {DomainError} `dependency-unavailable`
 */
export async function restoreOrder(
  pool: Pool,
  orderId: string,
  { dryRun }: { readonly dryRun: boolean },
): Promise<boolean> {
  return await inTransaction(pool, async (transaction) => {
    const [rows] = await transaction.query<RowDataPacket[]>('SELECT 1 FROM archived_orders WHERE order_id = ?', [
      orderId,
    ]);
    if (!dryRun) await bringBack(transaction, [orderId]);
    return rows.length > 0;
  });
}
