import { migrate } from '../db/migrate.js';
import { createPool } from '../db/pool.js';
import { addProducts, type NewProduct } from '../db/products.js';

/** A small shop to try things with; prices in cents. */
const shop: readonly NewProduct[] = [
  { sku: 'mug-red', name: 'Red mug', unitPrice: 1250, currency: 'EUR', stock: 100_000 },
  { sku: 'mug-blue', name: 'Blue mug', unitPrice: 1250, currency: 'EUR', stock: 100_000 },
  { sku: 'lamp', name: 'Desk lamp', unitPrice: 4900, currency: 'EUR', stock: 1_000 },
  { sku: 'print', name: 'Numbered print', unitPrice: 12_000, currency: 'EUR', stock: 10 },
];

/** Brings the schema up to date and adds the shop's products, and `more`, where they are missing. */
export async function seedShop(mysqlUrl: string, more: readonly NewProduct[]): Promise<number> {
  const pool = createPool({ url: mysqlUrl, size: 1 });
  try {
    await migrate(pool);
    return await addProducts(pool, [...shop, ...more]);
  } finally {
    await pool.end();
  }
}
