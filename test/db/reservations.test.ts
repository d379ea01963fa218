import test from 'ava';
import { saveProducts } from '../../src/db/catalogue/save-products.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { CheckoutResult } from '../../src/domain/checkout.js';
import {
  checkoutRequest,
  count,
  placeOrder,
  product,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';
import { payFor } from './payment-events.js';

const kinds = (results: readonly CheckoutResult[]) => results.map(({ kind }) => kind);

test('each request of a group has the window of its payment method, by the clock of the database', async (t) => {
  const { pool } = await shopDatabase(t);
  const requests = [
    checkoutRequest({ paymentMethod: 'transfer', windowMs: 7 * WINDOW_MS }),
    checkoutRequest(),
    checkoutRequest({ paymentMethod: 'card', windowMs: 1_000 }),
  ];
  await reserve(pool, requests, WINDOW_MS);
  const stored = await rows(
    pool,
    `SELECT order_id, payment_method, TIMESTAMPDIFF(MICROSECOND, created_at, expires_at) / 1000 AS ms FROM checkouts`,
  );
  t.deepEqual(
    requests.map(({ orderId }) => {
      const row = stored.find((one) => one['order_id'] === orderId);
      return [row?.['payment_method'], Number(row?.['ms'])];
    }),
    [
      ['transfer', 7 * WINDOW_MS],
      [null, WINDOW_MS],
      ['card', 1_000],
    ],
  );
  const [again] = await reserve(pool, requests, WINDOW_MS);
  t.like(again, { kind: 'reserved', checkout: { paymentMethod: 'transfer' } });
});

test('a reservation takes its stock and keeps the prices of its checkout', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp', unitPrice: 4900 })]);
  const request = checkoutRequest({
    lines: [
      { sku: 'mug', quantity: 2 },
      { sku: 'lamp', quantity: 1 },
    ],
  });
  const [result] = await reserve(pool, [request], WINDOW_MS);
  t.like(result, { kind: 'reserved', replayed: false });
  t.deepEqual(await stockOf(pool, 'mug'), { available: 8, reserved: 2, sold: 0 });
  t.deepEqual(await stockOf(pool, 'lamp'), { available: 9, reserved: 1, sold: 0 });
  const [row] = await rows(pool, 'SELECT * FROM checkouts');
  t.like(row, {
    order_id: request.orderId,
    user_id: 7,
    idempotency_key: request.idempotencyKey,
    fingerprint: request.fingerprint,
    amount: 7400,
    currency: 'EUR',
    read_token: request.readToken,
    traceparent: request.traceparent,
    published_at: null,
  });
  t.deepEqual(JSON.parse(String(row?.items)), [
    { sku: 'lamp', quantity: 1, unitPrice: 4900 },
    { sku: 'mug', quantity: 2, unitPrice: 1250 },
  ]);
});

test('lines of one SKU are one reservation of their sum', async (t) => {
  const { pool } = await shopDatabase(t);
  const lines = [2, 3].map((quantity) => ({ sku: 'mug', quantity }));
  const { items } = await placeOrder(pool, { lines });
  t.deepEqual(items, [{ sku: 'mug', quantity: 5, unitPrice: 1250 }]);
  t.deepEqual(await stockOf(pool), { available: 5, reserved: 5, sold: 0 });
});

test('an order that is out of stock for one line leaves the other lines in stock', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp', stock: 1 })]);
  const lines = ['lamp', 'mug'].map((sku) => ({ sku, quantity: 2 }));
  t.deepEqual(await reserve(pool, [checkoutRequest({ lines })], WINDOW_MS), [
    { kind: 'out-of-stock', short: [{ sku: 'lamp', requested: 2, available: 1 }] },
  ]);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.is(await count(pool, 'checkouts'), 0);
});

test('an unknown SKU reserves nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const lines = ['unknown', 'mug'].map((sku) => ({ sku, quantity: 1 }));
  t.deepEqual(await reserve(pool, [checkoutRequest({ lines })], WINDOW_MS), [
    { kind: 'unknown-sku', skus: ['unknown'] },
  ]);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('a product that is taken off sale is not sold, and its open orders are paid or canceled', async (t) => {
  const { pool } = await shopDatabase(t);
  const lines = [{ sku: 'mug', quantity: 2 }];
  const [paid, canceled] = [await placeOrder(pool, { lines }), await placeOrder(pool, { lines })];
  await saveProducts(pool, [{ sku: 'mug', active: false }], { by: 'ann' });
  t.deepEqual(await reserve(pool, [checkoutRequest({ lines })], WINDOW_MS), [{ kind: 'not-for-sale', skus: ['mug'] }]);
  const payment = { kind: 'payment', paymentId: await payFor(pool, paid) } as const;
  t.is((await settleOrder(pool, paid.orderId, payment)).order.status, 'paid');
  await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 0, sold: 2 });
  await saveProducts(pool, [{ sku: 'mug', active: true }], { by: 'ann' });
  await placeOrder(pool, { lines });
});

test('the limit of a product is on the sum of its lines in one order', async (t) => {
  const { pool } = await shopDatabase(t);
  await saveProducts(pool, [{ sku: 'mug', maxPerOrder: 3 }], { by: 'ann' });
  const lines = [2, 2].map((quantity) => ({ sku: 'mug', quantity }));
  t.deepEqual(await reserve(pool, [checkoutRequest({ lines })], WINDOW_MS), [
    { kind: 'too-many-of-product', large: [{ sku: 'mug', requested: 4, limit: 3 }] },
  ]);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 3 }] });
  t.deepEqual(await stockOf(pool), { available: 7, reserved: 3, sold: 0 });
});

test('SKUs that differ in case are different products', async (t) => {
  const { pool } = await shopDatabase(t, [product({ sku: 'Mug', stock: 1 }), product({ sku: 'mug', stock: 1 })]);
  await placeOrder(pool, { lines: [{ sku: 'Mug', quantity: 1 }] });
  t.deepEqual(await stockOf(pool, 'mug'), { available: 1, reserved: 0, sold: 0 });
});

test('a batch of checkouts for more units than the stock is decided checkout by checkout', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 5 })]);
  const wishes = [2, 4, 3, 1].map((quantity) => checkoutRequest({ lines: [{ sku: 'mug', quantity }] }));
  const results = await reserve(pool, wishes, WINDOW_MS);
  t.deepEqual(kinds(results), ['reserved', 'out-of-stock', 'reserved', 'out-of-stock']);
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 5, sold: 0 });
  t.is(await count(pool, 'checkouts'), 2);
});

test('the same key and body get the same checkout again, also when the stock is empty', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 1 })]);
  const request = checkoutRequest();
  const first = await placeOrder(pool, request);
  const [again] = await reserve(pool, [checkoutRequest({ ...request, orderId: checkoutRequest().orderId })], WINDOW_MS);
  t.deepEqual(again, { kind: 'reserved', checkout: first, replayed: true });
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 1, sold: 0 });
});

test('the same key with another body is refused and takes nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const request = checkoutRequest();
  await placeOrder(pool, request);
  const other = checkoutRequest({ idempotencyKey: request.idempotencyKey, lines: [{ sku: 'mug', quantity: 2 }] });
  t.deepEqual(await reserve(pool, [other], WINDOW_MS), [{ kind: 'key-reused' }]);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('the same key of two users is two keys', async (t) => {
  const { pool } = await shopDatabase(t);
  const idempotencyKey = 'the same';
  const requests = [7, 8].map((userId) => checkoutRequest({ userId, idempotencyKey }));
  const results = await reserve(pool, requests, WINDOW_MS);
  t.deepEqual(
    results.map((result) => result.kind === 'reserved' && [result.checkout.orderId, result.replayed]),
    requests.map(({ orderId }) => [orderId, false]),
  );
  t.is(await count(pool, 'checkouts'), 2);
});

test('a key in quotes is stored as an earlier version stores it, and is found in both forms', async (t) => {
  const { pool } = await shopDatabase(t);
  const buy = async (isQuoted: boolean) =>
    (await reserve(pool, [checkoutRequest({ idempotencyKey: 'a"b', isQuoted })], WINDOW_MS))[0];
  const first = await buy(true);
  t.like(first, { kind: 'reserved', replayed: false });
  t.deepEqual(await rows(pool, 'SELECT idempotency_key FROM checkouts'), [{ idempotency_key: '"a\\"b"' }]);
  const again = { ...first, replayed: true };
  t.deepEqual([await buy(true), await buy(false)], [again, again]);
  await pool.query(`UPDATE checkouts SET idempotency_key = 'a"b'`);
  t.deepEqual([await buy(true), await buy(false)], [again, again], 'as one that was sent bare');
  t.is(await count(pool, 'checkouts'), 1);
});

test('one key twice in one batch is one reservation, and only the first checkout is new', async (t) => {
  const { pool } = await shopDatabase(t);
  const request = checkoutRequest();
  const twin = { ...request, orderId: checkoutRequest().orderId };
  const results = await reserve(pool, [request, twin], WINDOW_MS);
  t.deepEqual(
    results.map((result) => result.kind === 'reserved' && [result.checkout.orderId, result.replayed]),
    [
      [request.orderId, false],
      [request.orderId, true],
    ],
  );
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('one key with two bodies in one batch is the reservation of the first body', async (t) => {
  const { pool } = await shopDatabase(t);
  const request = checkoutRequest();
  const other = checkoutRequest({ idempotencyKey: request.idempotencyKey, lines: [{ sku: 'mug', quantity: 2 }] });
  t.deepEqual(kinds(await reserve(pool, [request, other], WINDOW_MS)), ['reserved', 'key-reused']);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('a refused checkout is not stored, and its key is free for a later attempt', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 0 })]);
  const request = checkoutRequest();
  t.deepEqual(kinds(await reserve(pool, [request], WINDOW_MS)), ['out-of-stock']);
  await pool.query('UPDATE products SET initial = 1, available = 1');
  t.deepEqual(kinds(await reserve(pool, [request], WINDOW_MS)), ['reserved']);
});

test("the deadline is the window after the checkout, by the database's clock", async (t) => {
  const { pool } = await shopDatabase(t);
  const [before] = await rows(pool, 'SELECT UTC_TIMESTAMP(3) AS now');
  const { orderId, createdAt, expiresAt } = await placeOrder(pool, { windowMs: 90_500 });
  const [row] = await rows(
    pool,
    `SELECT created_at AS createdAt, expires_at AS expiresAt, UTC_TIMESTAMP(3) AS now,
       TIMESTAMPDIFF(MICROSECOND, created_at, expires_at) AS windowUs FROM checkouts WHERE order_id = ?`,
    [orderId],
  );
  t.is(Number(row?.windowUs), 90_500_000);
  t.deepEqual([row?.createdAt, row?.expiresAt], [createdAt, expiresAt]);
  t.true((before?.now as Date) <= createdAt && createdAt <= (row?.now as Date));
});

for (const [name, change] of [
  ['negative stock', 'available = available - 11, reserved = reserved + 11'],
  ['more available units than the stock', 'available = available + 1'],
  ['more reserved units than the stock', 'reserved = 1'],
] as const) {
  test(`the database itself refuses ${name}`, async (t) => {
    const { pool } = await shopDatabase(t);
    await t.throwsAsync(pool.query(`UPDATE products SET ${change}`), { message: /stock_(never_negative|conserved)/ });
    t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  });
}
