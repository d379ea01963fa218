import test from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { takeStock } from '../../src/db/checkouts/stock.js';
import { createCheckouts, createOrderLookup, createOrderRecorder } from '../../src/db/grouped-writes.js';
import { mergeLines } from '../../src/domain/allocation.js';
import type { CheckoutResult } from '../../src/domain/checkout.js';
import {
  checkoutRequest,
  count,
  openPool,
  placeOrder,
  product,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';
import { watchedPool } from './watched-pool.js';

/**
 * Calls at the same time share a transaction: its size, and the effect of a bad request on the others.
 */

const message = (result: PromiseSettledResult<unknown>): string | undefined =>
  result.status === 'rejected' ? String(result.reason.message) : undefined;

const kindOf = (result: PromiseSettledResult<CheckoutResult>): string | undefined =>
  result.status === 'fulfilled' ? result.value.kind : undefined;

test('a checkout that the database cannot write fails no other checkout of its batch', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  const { checkout } = createCheckouts(pool, { windowMs: WINDOW_MS, waiting: 1_000 });
  // The column takes ASCII only, and no code checks the key before the database.
  const requests = Array.from({ length: 40 }, (_, index) =>
    checkoutRequest(index === 17 ? { idempotencyKey: 'ключ' } : {}),
  );
  const results = await Promise.allSettled(requests.map((request) => checkout(request)));
  t.regex(
    message(results[17] as PromiseSettledResult<unknown>) ?? '',
    /Illegal mix of collations|Incorrect string value/,
  );
  t.is(results.filter((result) => kindOf(result) === 'reserved').length, 39);
  t.is(await count(pool, 'checkouts'), 39);
  t.deepEqual(await stockOf(pool), { available: 61, reserved: 39, sold: 0 });
});

test('a batch whose commit succeeded and was reported as failed reserves nothing twice', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  let batch: unknown;
  let failed = false;
  const before = async (
    sql: string,
    connection: { query(sql: string): Promise<unknown> },
    values: readonly unknown[],
  ) => {
    // Only a transaction with several requests writes several rows.
    if (values.some((rows) => Array.isArray(rows) && rows.length > 1 && Array.isArray(rows[0]))) batch = connection;
    if (sql !== 'COMMIT' || connection !== batch || failed) return;
    failed = true;
    await connection.query('COMMIT');
    throw new Error('an error that nobody knows');
  };
  const { checkout } = createCheckouts(watchedPool(pool, { before }), { windowMs: WINDOW_MS, waiting: 1_000 });
  const requests = Array.from({ length: 10 }, () => checkoutRequest());
  const results = await Promise.allSettled(requests.map((request) => checkout(request)));
  t.deepEqual([failed, ...new Set(results.map((result) => kindOf(result) ?? message(result)))], [true, 'reserved']);
  t.is(await count(pool, 'checkouts'), 10);
  t.deepEqual(await stockOf(pool), { available: 90, reserved: 10, sold: 0 });
});

test('an order that cannot be recorded fails no other order of its batch', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  const orders: string[] = [];
  for (let index = 0; index < 12; index++) orders.push((await placeOrder(pool)).orderId);
  const broken = orders[7] as string;
  await pool.query("UPDATE checkouts SET items = JSON_SET(items, '$[0].quantity', 0) WHERE order_id = ?", [broken]);
  const record = createOrderRecorder(pool);
  const results = await Promise.allSettled(orders.map((orderId) => record(orderId)));
  t.regex(message(results[7] as PromiseSettledResult<unknown>) ?? '', /quantity_positive/);
  t.deepEqual(
    results.map(({ status }) => status),
    orders.map((orderId) => (orderId === broken ? 'rejected' : 'fulfilled')),
  );
  t.is(await count(pool, 'orders'), 11);
});

test('an order id that the database cannot look up fails no other order of its batch', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const query = async (sql: string, values: [string[]]) => {
    if (values[0].includes('bad')) throw new Error('bad');
    return await pool.query(sql, values);
  };
  const isKnown = createOrderLookup({ query } as never);
  const results = await Promise.allSettled(['first', orderId, 'bad', 'nobody'].map((id) => isKnown(id)));
  t.is(message(results[2] as PromiseSettledResult<unknown>), 'bad');
  const values = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  t.deepEqual(values, [false, true, undefined, false]);
});

/** Buys baskets of `lines` different SKUs each, all at once, and returns the statements of their transactions. */
async function buyBaskets(t: Parameters<typeof shopDatabase>[0], { buyers, lines }: { buyers: number; lines: number }) {
  const skus = Array.from({ length: buyers * lines }, (_, index) => `sku-${String(index).padStart(5, '0')}`);
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  const statements: string[] = [];
  const { checkout } = createCheckouts(watchedPool(openPool(t, url), { statements }), {
    windowMs: WINDOW_MS,
    waiting: 1_000,
  });
  const baskets = Array.from({ length: buyers }, (_, buyer) => skus.slice(buyer * lines, (buyer + 1) * lines));
  const results = await Promise.all(
    baskets.map((basket) => checkout(checkoutRequest({ lines: basket.map((sku) => ({ sku, quantity: 1 })) }))),
  );
  return { pool, results, statements };
}

test('a transaction has at most 900 lines, however many large baskets come at once', async (t) => {
  const { pool, results, statements } = await buyBaskets(t, { buyers: 30, lines: 100 });
  t.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(['reserved']));
  // Two run at once and alone, the other 28 in groups of nine.
  t.is(statements.filter((sql) => sql === 'START TRANSACTION').length, 2 + 4);
  t.is(Number((await rows(pool, 'SELECT SUM(reserved) AS n FROM products'))[0]?.n), 3_000);
});

test('the lines of a transaction are locked in SKU order, and each line is read once by its key', async (t) => {
  const { pool } = await shopDatabase(
    t,
    Array.from({ length: 2_000 }, (_, index) => product({ sku: `sku-${index}` })),
  );
  const skus = Array.from({ length: 900 }, (_, index) => `sku-${index}`);
  const plans: { table: string; type: string; key: string | null; Extra: string }[][] = [];
  const explained = async (sql: string, values: unknown[]) => {
    const [plan] = await pool.query<RowDataPacket[]>(`EXPLAIN ${sql}`, values);
    plans.push(plan as never);
    return await pool.query(sql, values);
  };
  await takeStock({ query: explained } as never, mergeLines(skus.map((sku) => ({ sku, quantity: 1 }))));
  const { lockStock } = await import('../../src/db/checkouts/stock.js');
  await lockStock({ query: explained } as never, [
    checkoutRequest({ lines: skus.map((sku) => ({ sku, quantity: 1 })) }),
  ]);
  const [taking, locking] = plans.map((plan) => plan.map(({ table, type, key }) => [table, type, key]));
  t.deepEqual(taking?.at(-1), ['products', 'eq_ref', 'PRIMARY']);
  t.deepEqual(locking, [
    ['products', 'range', 'PRIMARY'],
    ['marked', 'eq_ref', 'PRIMARY'],
  ]);
  t.notRegex(plans[1]?.[0]?.Extra ?? '', /filesort|temporary/);
});
