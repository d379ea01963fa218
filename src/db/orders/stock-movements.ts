import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { isRefusedValue } from '../driver/connection-errors.js';
import type { Transaction } from '../driver/transaction.js';

type Movement = 'sold' | 'released';

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/**
 * Moves the stock of an order from `reserved` to `sold` or `available`. The primary key refuses a second movement. SKUs
 * are locked in the same order as by reservations, so that the two never deadlock.
 *
 * A product that was deleted, renamed or changed by hand does not stop the settlement. Stock that could not be moved is
 * written to `stock_discrepancies` in the same transaction.
 */
export async function moveStock(transaction: Transaction, orderId: string, movement: Movement): Promise<void> {
  await transaction.query('INSERT INTO stock_movements (order_id, kind, moved_at) VALUES (?, ?, UTC_TIMESTAMP(3))', [
    orderId,
    movement,
  ]);
  const [lines] = await transaction.query<(RowDataPacket & Line)[]>(
    'SELECT sku, quantity FROM order_items WHERE order_id = ? ORDER BY sku',
    [orderId],
  );
  for (const line of lines) {
    const cause = await moveLine(transaction, line, movement);
    if (cause !== undefined) await storeDiscrepancy(transaction, orderId, line, movement, cause);
  }
}

/** @returns why the line could not be moved; its product is then unchanged */
async function moveLine(transaction: Transaction, { sku, quantity }: Line, movement: Movement) {
  const to = movement === 'sold' ? 'sold' : 'available';
  try {
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE products SET reserved = reserved - ?, ${to} = ${to} + ? WHERE sku = ? AND reserved >= ?`,
      [quantity, quantity, sku, quantity],
    );
    if (affectedRows === 1) return undefined;
  } catch (error) {
    // The product's row breaks a CHECK already: a person wrote it with the checks off.
    if (isRefusedValue(error)) return 'stock-inconsistent';
    throw error;
  }
  const [products] = await transaction.query<RowDataPacket[]>('SELECT sku FROM products WHERE sku = ?', [sku]);
  return products.length === 0 ? 'product-missing' : 'not-reserved';
}

async function storeDiscrepancy(
  transaction: Transaction,
  orderId: string,
  { sku, quantity }: Line,
  movement: Movement,
  cause: string,
): Promise<void> {
  await transaction.query(
    `INSERT INTO stock_discrepancies (order_id, sku, quantity, movement, cause, found_at)
     VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`,
    [orderId, sku, quantity, movement, cause],
  );
}
