import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { takeStock } from '../../src/db/checkouts/stock.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import {
  checkoutRequest,
  openPool,
  placeOrder,
  product,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';
import { watchedPool } from './watched-pool.js';

/** Each guard of the stock alone, with the guards before it switched off. */

/** The SKUs that no transaction has locked now. */
const freeSkus = async (pool: Pool): Promise<unknown[]> =>
  (await rows(pool, 'SELECT sku FROM products ORDER BY sku FOR UPDATE SKIP LOCKED')).map(({ sku }) => sku);

const lines = ['c', 'a', 'b'].map((sku) => ({ sku, quantity: 1 }));

for (const [what, work] of [
  ['a reservation', (pool: Pool) => reserve(pool, [{ ...checkoutRequest(), lines }], WINDOW_MS)],
  [
    'a settlement',
    (pool: Pool, orderId: string) => settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' }),
  ],
] as const) {
  test(`${what} waits for a SKU with the SKUs before it locked, and no SKU after it`, async (t) => {
    const { pool } = await shopDatabase(
      t,
      lines.map(({ sku }) => product({ sku })),
    );
    const { orderId } = await placeOrder(pool, { lines });
    const holder = await pool.getConnection();
    await holder.query('START TRANSACTION');
    await holder.query("SELECT * FROM products WHERE sku = 'b' FOR UPDATE");
    const working = work(pool, orderId);
    const free = await until(
      'a lock',
      () => freeSkus(pool),
      (skus) => skus.length < 2,
    );
    t.deepEqual(free, ['c']);
    await holder.query('COMMIT');
    holder.release();
    await t.notThrowsAsync(working);
  });
}

test('a reservation locks its stock before it reads anything else', async (t) => {
  const { pool, url } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const request = checkoutRequest();
  const holder = await pool.getConnection();
  await holder.query('START TRANSACTION');
  await holder.query("SELECT * FROM products WHERE sku = 'mug' FOR UPDATE");
  const [errors, statements] = [[] as unknown[], [] as string[]];
  const waiting = reserve(watchedPool(openPool(t, url), { errors, statements }), [request], WINDOW_MS);
  await until(
    'the reservation to wait for the lock',
    async () => statements,
    (sent) => sent.some((sql) => sql.includes('FOR UPDATE')),
  );
  const lamp = {
    ...checkoutRequest({ lines: [{ sku: 'lamp', quantity: 1 }] }),
    idempotencyKey: request.idempotencyKey,
  };
  await reserve(pool, [lamp], WINDOW_MS);
  await holder.query('COMMIT');
  holder.release();
  t.deepEqual(await waiting, [{ kind: 'key-reused' }]);
  t.deepEqual(errors, [], 'the key that came during the wait was read, and did not fail the INSERT');
});

test('stock that is not available is not taken, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const taking = takeStock(pool, [{ sku: 'mug', quantity: 11 }]);
  await t.throwsAsync(taking, { message: 'took stock of 0 SKUs instead of 1' });
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('a key that another process uses between the SELECT and the INSERT is found by the next attempt', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const request = checkoutRequest();
  const overtaking = {
    ...checkoutRequest({ lines: [{ sku: 'lamp', quantity: 1 }] }),
    idempotencyKey: request.idempotencyKey,
  };
  const before = async (sql: string) => {
    if (sql.includes('INSERT INTO checkouts')) await reserve(pool, [overtaking], WINDOW_MS);
  };
  t.deepEqual(await reserve(watchedPool(pool, { before }), [request], WINDOW_MS), [{ kind: 'key-reused' }]);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});
