import type { RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { saveProducts } from './catalogue/save-products.js';
import type { Pool } from './driver/pool.js';
import { inTransaction } from './driver/transaction.js';
import { changeStockIn } from './stock/change-batch.js';
import { lockLevels } from './stock/locked-stock.js';

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
    const found = (await lockLevels(transaction, [sku])).get(sku);
    if (found === undefined || found.available === available) return;
    await changeStockIn(transaction, [
      {
        sku,
        kind: 'corrected',
        quantity: available - found.available,
        reason: null,
        reference: null,
        by: 'seed',
        cancelNewestOrders: false,
        idempotencyKey: uuid(),
        fingerprint: Buffer.alloc(32),
      },
    ]);
  });
}

export async function readStock(pool: Pool): Promise<Stock[]> {
  const [rows] = await pool.query<(RowDataPacket & Stock)[]>(
    'SELECT sku, initial, available, reserved, sold FROM products ORDER BY sku',
  );
  return rows.map(({ sku, initial, available, reserved, sold }) => ({ sku, initial, available, reserved, sold }));
}
