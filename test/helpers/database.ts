import { createHash, randomBytes } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { createPool, type Pool } from '../../src/db/driver/pool.js';
import { migrate } from '../../src/db/migrate.js';
import { addProducts, type NewProduct, readStock } from '../../src/db/products.js';
import { mergeLines } from '../../src/domain/allocation.js';
import type { Checkout, CheckoutRequest } from '../../src/domain/checkout.js';
import { longLimits } from './retried.js';
import { createDatabase } from './servers.js';

/** What registers a clean-up, run last in, first out; ava's test context is one. */
interface Teardown {
  teardown(cleanUp: () => Promise<void>): void;
}

export const WINDOW_MS = 30 * 60_000;

/** A product with a stock of ten; prices in minor units. */
export const product = (overrides: Partial<NewProduct> = {}): NewProduct => ({
  sku: 'mug',
  name: 'A mug',
  unitPrice: 1250,
  currency: 'EUR',
  stock: 10,
  ...overrides,
});

/** Another pool on the same database, as another process would have; closed at the test's end. */
export function openPool(t: Teardown, url: string, size = 4): Pool {
  const pool = createPool({ url, size, ...longLimits });
  t.teardown(() => pool.end());
  return pool;
}

/** A new, migrated database for this test with these products in stock; dropped at the test's end. */
export async function shopDatabase(
  t: Teardown,
  products: readonly NewProduct[] = [product()],
): Promise<{ readonly pool: Pool; readonly url: string }> {
  const { url } = await createDatabase(t);
  const pool = openPool(t, url);
  await migrate(pool);
  await addProducts(pool, products);
  return { pool, url };
}

/** A checkout as the API makes it: merged lines, its own ids, a fingerprint of the lines. */
export function checkoutRequest(overrides: Partial<CheckoutRequest> = {}): CheckoutRequest {
  const { userId = 7 } = overrides;
  const lines = mergeLines(overrides.lines ?? [{ sku: 'mug', quantity: 1 }]);
  return {
    orderId: uuid(),
    userId,
    idempotencyKey: uuid(),
    fingerprint: createHash('sha256')
      .update(JSON.stringify([userId, lines]))
      .digest(),
    readToken: randomBytes(32).toString('base64url'),
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    ...overrides,
    lines,
  };
}

/** Makes a durable reservation; with a negative `windowMs` its deadline has passed already. */
export async function placeOrder(
  pool: Pool,
  { windowMs = WINDOW_MS, ...overrides }: Partial<CheckoutRequest> & { readonly windowMs?: number } = {},
): Promise<Checkout> {
  const [result] = await reserve(pool, [checkoutRequest(overrides)], windowMs);
  if (result?.kind !== 'reserved') throw new Error(`not reserved: ${JSON.stringify(result)}`);
  return result.checkout;
}

export async function stockOf(pool: Pool, sku = 'mug'): Promise<{ available: number; reserved: number; sold: number }> {
  const stock = (await readStock(pool)).find((one) => one.sku === sku);
  if (stock === undefined) throw new Error(`no product ${sku}`);
  const { available, reserved, sold } = stock;
  return { available, reserved, sold };
}

/** Reads rows as plain objects. */
export async function rows(
  pool: Pick<Pool, 'query'>,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const [found] = await pool.query<RowDataPacket[]>(sql, values);
  return found.map((row) => ({ ...row }));
}

export async function count(pool: Pick<Pool, 'query'>, table: string): Promise<number> {
  return Number((await rows(pool, 'SELECT COUNT(*) AS n FROM ??', [table]))[0]?.n);
}
