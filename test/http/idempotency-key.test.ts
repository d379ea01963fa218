import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { idempotencyKeyOf } from '../../src/http/idempotency-key.js';
import { payFor } from '../db/payment-events.js';
import { serveShop } from '../helpers/app.js';
import { count, shopDatabase, WINDOW_MS } from '../helpers/database.js';

/** The later answers to the same key, and the headers that name the same key. */

async function shop(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const { checkout } = createCheckouts(pool, { windowMs: WINDOW_MS, waiting: 10 });
  const url = await serveShop(t, { checkout, findOrder: (orderId) => findOrder(pool, orderId) });
  const buy = async (key: string) => {
    const body = JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity: 1 }] });
    const response = await fetch(`${url}/checkout`, { method: 'POST', headers: { 'idempotency-key': key }, body });
    const answer = (await response.json()) as { orderId: string; status: string; readToken: string; expiresAt: string };
    return { status: response.status, replayed: response.headers.get('idempotent-replayed'), answer };
  };
  return { pool, buy, url };
}

test('a repeated checkout gets the same answer with 201, and only a repeated checkout is marked as replayed', async (t) => {
  const { buy } = await shop(t);
  const key = randomUUID();
  const [first, again] = [await buy(key), await buy(key)];
  t.like(first, { status: 201, replayed: null, answer: { status: 'placed' } });
  t.deepEqual(again, { ...first, replayed: 'true' });
});

test('the same key after the order was canceled returns canceled', async (t) => {
  const { pool, buy } = await shop(t);
  const key = randomUUID();
  const first = await buy(key);
  await settleOrder(pool, first.answer.orderId, { kind: 'cancel', reason: 'customer-request' });
  t.deepEqual(await buy(key), { ...first, replayed: 'true', answer: { ...first.answer, status: 'canceled' } });
  t.is(await count(pool, 'checkouts'), 1);
});

test('the same key after the order was paid returns paid', async (t) => {
  const { pool, buy } = await shop(t);
  const key = randomUUID();
  const { orderId } = (await buy(key)).answer;
  const found = await findOrder(pool, orderId);
  if (found === undefined) throw new Error(`no order ${orderId}`);
  const paymentId = await payFor(pool, found.view);
  await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  t.is((await buy(key)).answer.status, 'paid');
});

test('a quoted key is the same key as the bare key', async (t) => {
  const { pool, buy } = await shop(t);
  const first = await buy('"key-1"');
  t.like(await buy('key-1'), { status: 201, replayed: 'true', answer: { orderId: first.answer.orderId } });
  t.is(await count(pool, 'checkouts'), 1);
});

test('a key with incomplete quotes gets a 400, and nothing is reserved', async (t) => {
  const { pool, buy } = await shop(t);
  for (const key of ['"key', '"', '""', '"a"b"']) t.is((await buy(key)).status, 400, key);
  t.is(await count(pool, 'checkouts'), 0);
});

const longest = 'x'.repeat(255);

for (const [header, key] of [
  ['abc', 'abc'],
  ['"abc"', 'abc'],
  ['"a b"', 'a b'],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['a"b', 'a"b'],
  ['a\\b', 'a\\b'],
  ['"abc"; p=1', 'abc'],
  [longest, longest],
  [`"${longest}"`, longest],
] as const) {
  test(`the header ${header.slice(0, 20)} has the key ${key.slice(0, 20)} of ${key.length} characters`, (t) => {
    t.is(idempotencyKeyOf(header), key);
  });
}

for (const header of [
  undefined,
  '',
  'a b',
  'a, a',
  '"a", "a"',
  '"abc',
  '"',
  '""',
  '" "',
  '"a "',
  '" a"',
  '"a\\b"',
  '"a"b',
  '"ä"',
  '"a\tb"',
  `${longest}x`,
  `"${longest}x"`,
]) {
  test(`the header ${JSON.stringify(header)?.slice(0, 20)} has no valid key`, (t) => {
    t.is(idempotencyKeyOf(header), undefined);
  });
}

test('an order is found by its id in capitals', async (t) => {
  const { buy, url } = await shop(t);
  const { orderId, readToken } = (await buy(randomUUID())).answer;
  const response = await fetch(`${url}/orders/${orderId.toUpperCase()}`, {
    headers: { authorization: `Bearer ${readToken}` },
  });
  t.is(response.status, 200);
  t.like(await response.json(), { orderId });
});
