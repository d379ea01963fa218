import type { Pool } from '../../db/driver/pool.js';
import { addProducts, type NewProduct, readStock, restock } from '../../db/products.js';
import { until } from './until.js';

/** The story's own products, so that it neither eats what a person tries things with nor leaves new ones at each start. */
export const storySkus = { mug: 'story-mug', lamp: 'story-lamp', print: 'story-print' } as const;

const products: readonly NewProduct[] = [
  { sku: storySkus.mug, name: "The story's mug", unitPrice: 1250, currency: 'EUR', stock: 20 },
  { sku: storySkus.lamp, name: "The story's lamp", unitPrice: 4900, currency: 'EUR', stock: 5 },
  { sku: storySkus.print, name: "The story's last print", unitPrice: 12_000, currency: 'EUR', stock: 1 },
];

/**
 * Brings the same three products to the same stock at each start. An order of an earlier story that was cut short is
 * waited for, as it ends by its short window: its unit would come back in the middle of this one.
 */
export async function prepareScene(pool: Pool): Promise<void> {
  await addProducts(pool, products);
  const skus: readonly string[] = products.map(({ sku }) => sku);
  const held = async () => (await readStock(pool)).filter(({ sku, reserved }) => skus.includes(sku) && reserved > 0);
  await until('the orders of an earlier story to end', held, (open) => open.length === 0, 120_000);
  for (const { sku, stock } of products) await restock(pool, sku, stock);
}
