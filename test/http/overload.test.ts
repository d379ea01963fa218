import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { createPool, type Pool } from '../../src/db/driver/pool.js';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { serveShop } from '../helpers/app.js';
import { count, openPool, placeOrder, product, rows, shopDatabase, stockOf, WINDOW_MS } from '../helpers/database.js';

/** A slow database: requests that wait, and requests beyond the limit of waiting requests. */

async function blocked(t: ExecutionContext, pool: Pool, statement: string) {
  const connection = await pool.getConnection();
  t.teardown(async () => connection.destroy());
  await connection.query('START TRANSACTION');
  await connection.query(statement);
  return async () => void (await connection.query('COMMIT'));
}

const buy = (url: string, key: string = randomUUID()) =>
  fetch(`${url}/checkout`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body: JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity: 1 }] }),
  });

test('a checkout beyond the limit of waiting checkouts gets a 503 at once and reserves no stock', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  const checkouts = createCheckouts(pool, { windowMs: WINDOW_MS, waiting: 5 });
  const url = await serveShop(t, { checkout: checkouts.checkout });
  const release = await blocked(t, pool, "SELECT * FROM products WHERE sku = 'mug' FOR UPDATE");

  // Two transactions with a buyer each are under way, five buyers wait, and thirteen are refused.
  const keys = Array.from({ length: 20 }, () => randomUUID());
  const answers = new Map<string, Response>();
  const all = Promise.all(keys.map(async (key) => answers.set(key, await buy(url, key))));
  await until(
    '13 refusals',
    async () => answers.size,
    (size) => size === 13,
  );
  t.is(checkouts.waiting(), 5);
  for (const response of answers.values()) {
    t.is(response.status, 503);
    t.true(Number(response.headers.get('retry-after')) > 0);
    t.like(await response.json(), { type: 'urn:order-bridge:problem:overloaded' });
  }
  t.deepEqual(await stockOf(pool), { available: 100, reserved: 0, sold: 0 });

  const refused = keys.filter((key) => answers.has(key));
  await release();
  await all;
  t.is([...answers.values()].filter(({ status }) => status === 201).length, 7);
  t.is(await count(pool, 'checkouts'), 7);
  for (const key of refused) t.is((await buy(url, key)).status, 201, 'the same key may be retried');
});

test('a request beyond the limit of waits for a connection gets a 503 at once', async (t) => {
  const { pool, url: database } = await shopDatabase(t);
  const order = await placeOrder(pool);
  const narrow = createPool({ url: database, size: 1, waiting: 2 });
  t.teardown(() => narrow.end());
  const only = await narrow.getConnection();
  const url = await serveShop(t, { findOrder: (orderId) => findOrder(narrow, orderId) });
  const headers = { authorization: `Bearer ${order.readToken}` };
  const answers: Response[] = [];
  const all = Promise.all(
    Array.from({ length: 5 }, async () => answers.push(await fetch(`${url}/orders/${order.orderId}`, { headers }))),
  );
  await until(
    '3 refusals',
    async () => answers.length,
    (length) => length === 3,
  );
  for (const { status, headers: received } of answers) {
    t.is(status, 503);
    t.true(Number(received.get('retry-after')) > 0);
  }
  only.release();
  await all;
  t.deepEqual(
    answers.slice(3).map(({ status }) => status),
    [200, 200],
  );
});

test('a wait for a lock, on a row or on a table, is shorter than the time limit of a request', async (t) => {
  const { url } = await shopDatabase(t);
  const [waits] = await rows(
    openPool(t, url),
    'SELECT @@innodb_lock_wait_timeout AS row_lock, @@lock_wait_timeout AS table_lock',
  );
  t.deepEqual(waits, { row_lock: 3, table_lock: 3 });
});
