import { reserve } from '../src/db/checkouts/reservations.js';
import type { Pool } from '../src/db/driver/pool.js';
import { addProducts } from '../src/db/products.js';
import type { Checkout } from '../src/domain/checkout.js';
import { checkoutRequest, WINDOW_MS } from '../test/helpers/database.js';

/** Below the most lines of a batch of checkouts. */
const BATCH = 200;

/** Adds products with enough stock for any benchmark. @returns their SKUs */
export async function addStock(pool: Pool, name: string, count: number): Promise<string[]> {
  const skus = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  await addProducts(
    pool,
    skus.map((sku) => ({ sku, name: sku, unitPrice: 1250, currency: 'EUR', stock: 1_000_000 })),
  );
  return skus;
}

/** Places orders of one unit each, of the SKUs in turn. */
export async function placeOrders(pool: Pool, skus: readonly string[], count: number): Promise<Checkout[]> {
  const requests = Array.from({ length: count }, (_, index) =>
    checkoutRequest({ userId: index + 1, lines: [{ sku: skus[index % skus.length] ?? '', quantity: 1 }] }),
  );
  const placed: Checkout[] = [];
  for (let from = 0; from < count; from += BATCH) {
    for (const result of await reserve(pool, requests.slice(from, from + BATCH), WINDOW_MS)) {
      if (result.kind !== 'reserved') throw new Error(`not reserved: ${result.kind}`);
      placed.push(result.checkout);
    }
  }
  return placed;
}
