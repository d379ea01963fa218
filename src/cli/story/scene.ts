import type { Pool } from '../../db/driver/pool.js';
import { addProducts, type NewProduct, readStock, restock } from '../../db/products.js';
import { until } from './until.js';

/** Comes in by CSV, in the story. */
export const importedSku = 'story-poster';

/** The story's own products: it uses no stock of the seeded shop, and adds no new products at each start. */
export const storySkus = { mug: 'story-mug', lamp: 'story-lamp', print: 'story-print' } as const;

const products: readonly NewProduct[] = [
  { sku: storySkus.mug, name: "The story's mug", unitPrice: 1250, currency: 'EUR', stock: 20 },
  { sku: storySkus.lamp, name: "The story's lamp", unitPrice: 4900, currency: 'EUR', stock: 5 },
  { sku: storySkus.print, name: "The story's last print", unitPrice: 12_000, currency: 'EUR', stock: 1 },
];

/**
 * Sets the same three products to the same stock at each start. Open orders of an interrupted story end by their short
 * window; this waits for them, since their units would come back in the middle of the new story.
 */
export async function prepareScene(pool: Pool): Promise<void> {
  await addProducts(pool, products);
  const skus: readonly string[] = [importedSku, ...products.map(({ sku }) => sku)];
  const held = async () => (await readStock(pool)).filter(({ sku, reserved }) => skus.includes(sku) && reserved > 0);
  await until('the orders of an earlier story to end', held, (open) => open.length === 0, 120_000);
  for (const { sku, stock } of products) await restock(pool, sku, stock);
}
