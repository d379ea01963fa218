import { reserve } from '../src/db/checkouts/reservations.js';
import type { Pool } from '../src/db/driver/pool.js';
import { addProducts } from '../src/db/products.js';
import type { Checkout, CheckoutRequest } from '../src/domain/checkout.js';
import { checkoutRequest, WINDOW_MS } from '../test/helpers/database.js';

/** The most orders and lines of one transaction. */
const [BATCH, LINES] = [200, 900];

/** Adds products with enough stock for any benchmark. @returns their SKUs */
export async function addStock(pool: Pool, name: string, count: number): Promise<string[]> {
  const skus = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  await addProducts(
    pool,
    skus.map((sku) => ({ sku, name: sku, unitPrice: 1250, currency: 'EUR', stock: 1_000_000 })),
  );
  return skus;
}

/** Requests of one user each, for one unit in each line, of the SKUs in turn. */
export const requestsFor = (skus: readonly string[], count: number, lines = 1): CheckoutRequest[] =>
  Array.from({ length: count }, (_, index) =>
    checkoutRequest({
      userId: index + 1,
      lines: Array.from({ length: lines }, (_line, line) => ({
        sku: skus[(index * lines + line) % skus.length] ?? '',
        quantity: 1,
      })),
    }),
  );

/** Places orders of one unit in each line, of the SKUs in turn. */
export async function placeOrders(pool: Pool, skus: readonly string[], count: number, lines = 1): Promise<Checkout[]> {
  const requests = requestsFor(skus, count, lines);
  const placed: Checkout[] = [];
  const size = Math.min(BATCH, Math.floor(LINES / lines));
  for (let from = 0; from < count; from += size) {
    for (const result of await reserve(pool, requests.slice(from, from + size), WINDOW_MS)) {
      if (result.kind !== 'reserved') throw new Error(`not reserved: ${result.kind}`);
      placed.push(result.checkout);
    }
  }
  return placed;
}
