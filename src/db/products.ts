import type { RowDataPacket } from 'mysql2/promise';
import { saveProducts } from './catalogue/save-products.js';
import type { Pool } from './driver/pool.js';
import { inTransaction } from './driver/transaction.js';
import { crossingOf, insertEvents } from './events.js';

/** A product to sell. `unitPrice` is in minor units of `currency` (ISO 4217), `stock` is the stock at the beginning. */
export interface NewProduct {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly stock: number;
}

/** The stock of a SKU. The table enforces that initial = available + reserved + sold. */
export interface Stock {
  readonly sku: string;
  readonly initial: number;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/**
 * Adds products that are not there yet. A product that exists keeps its price and its stock.
 *
 * @returns how many are new
 */
export async function addProducts(pool: Pool, products: readonly NewProduct[]): Promise<number> {
  const wanted = products.map(({ stock, ...fields }) => ({ ...fields, openingStock: stock }));
  const saved = await saveProducts(pool, wanted, { by: 'seed', onlyNew: true });
  return saved.filter(({ outcome }) => outcome === 'created').length;
}

/**
 * Sets the available units of a SKU, and changes `initial` by the same amount. Reserved and sold units stay as they
 * are.
 */
export async function restock(pool: Pool, sku: string, available: number): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    const [[found]] = await transaction.query<(RowDataPacket & { available: number })[]>(
      'SELECT available FROM products WHERE sku = ? FOR UPDATE',
      [sku],
    );
    if (found !== undefined) await insertEvents(transaction, crossingOf(sku, found.available, available));
    await transaction.query(
      `INSERT INTO stock_changes (sku, kind, quantity, changed_by, changed_at, available_after, reserved_after)
       SELECT sku, 'corrected', ? - available, 'seed', UTC_TIMESTAMP(3), ?, reserved
       FROM products WHERE sku = ? AND available <> ?`,
      [available, available, sku, available],
    );
    await transaction.query('UPDATE products SET initial = initial - available + ?, available = ? WHERE sku = ?', [
      available,
      available,
      sku,
    ]);
  });
}

export async function readStock(pool: Pool): Promise<Stock[]> {
  const [rows] = await pool.query<(RowDataPacket & Stock)[]>(
    'SELECT sku, initial, available, reserved, sold FROM products ORDER BY sku',
  );
  return rows.map(({ sku, initial, available, reserved, sold }) => ({ sku, initial, available, reserved, sold }));
}
