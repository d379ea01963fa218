import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import { openOrders } from '../../src/db/orders/open-orders.js';
import { listOrders } from '../../src/db/orders/order-list.js';
import { findOrder, recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { CheckoutRequest, CheckoutResult } from '../../src/domain/checkout.js';
import type { Customer } from '../../src/domain/customer.js';
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

/** Customers that are numbers, texts and guests. */

const customers: readonly Customer[] = [
  ...[7, Number.MAX_SAFE_INTEGER],
  ...['ann@example.org', 'Ann@example.org', '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', '007', '7.0', 'null', 'guest'],
  ...['\u{1f9e6}'.repeat(64), "o'neil \\ %_", '9007199254740993', 'é', 'e'],
  null,
];

const kinds = (results: readonly CheckoutResult[]) => results.map(({ kind }) => kind);
const ask = (pool: Pool, requests: readonly CheckoutRequest[], openOrdersEach = 0) =>
  reserve(pool, requests, WINDOW_MS, { openOrders: openOrdersEach, quantity: 0 });
const sorted = (all: readonly { readonly userId: Customer }[]): string[] =>
  all.map(({ userId }) => JSON.stringify(userId)).toSorted();
const shop = (t: ExecutionContext) => shopDatabase(t, [product({ stock: 20_000 })]);

test('each customer is read as the checkout named the customer, in every place that shows an order', async (t) => {
  const { pool } = await shop(t);
  for (const userId of customers) {
    const { orderId } = await placeOrder(pool, { userId });
    t.is((await findOrder(pool, orderId))?.view.userId, userId);
    await recordOrders(pool, [orderId]);
    t.is((await findOrder(pool, orderId))?.view.userId, userId);
  }
  const { orders } = await listOrders(pool, {}, { limit: 100 });
  t.deepEqual(
    orders.map(({ userId }) => userId),
    customers.toReversed(),
  );
  const open = await openOrders(pool, { limit: 100, minAgeMs: 0 });
  t.deepEqual(sorted(open), sorted(customers.map((userId) => ({ userId }))));
  const outbox = await createOutbox(pool).unpublished({ minAgeMs: 0, limit: 100 });
  t.deepEqual(sorted(outbox), sorted(open));
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('reports find the customer of an order in two columns, and a guest in neither', async (t) => {
  const { pool } = await shop(t);
  for (const userId of [7, 'ann', null]) {
    const { orderId } = await placeOrder(pool, { userId });
    await recordOrders(pool, [orderId]);
  }
  t.deepEqual(await rows(pool, 'SELECT user_id, customer FROM orders ORDER BY order_id'), [
    { user_id: 7, customer: null },
    { user_id: null, customer: 'ann' },
    { user_id: null, customer: null },
  ]);
});

test('the orders of one customer are listed, and of no other', async (t) => {
  const { pool } = await shop(t);
  const placed = new Map<Customer, string>();
  for (const userId of customers) placed.set(userId, (await placeOrder(pool, { userId })).orderId);
  for (const customer of customers) {
    if (customer === null) continue;
    for (const filters of [{ customer }, { customer, sku: 'mug' }]) {
      const { orders, next } = await listOrders(pool, filters, { limit: 10 });
      t.deepEqual([orders.map(({ orderId }) => orderId), next], [[placed.get(customer)], undefined], `${customer}`);
    }
  }
  for (const customer of [8, 'ANN@example.org', 'è']) {
    t.deepEqual((await listOrders(pool, { customer }, { limit: 10 })).orders, [], `${customer}`);
  }
});

test('a key belongs to its customer, and the key of a guest to all guests', async (t) => {
  const { pool } = await shop(t);
  const wish = (userId: Customer) => checkoutRequest({ userId, idempotencyKey: 'one' });
  const requests = customers.map(wish);
  for (const batch of [requests, requests.map((request) => ({ ...request, orderId: randomUUID() }))]) {
    const results = await ask(pool, batch);
    t.deepEqual(
      results.map((result) => result.kind === 'reserved' && [result.checkout.orderId, result.checkout.userId]),
      requests.map(({ orderId, userId }) => [orderId, userId]),
    );
  }
  t.is(await count(pool, 'checkouts'), customers.length);
  const others = requests.map((request) => ({ ...request, orderId: randomUUID(), fingerprint: Buffer.alloc(32) }));
  t.deepEqual(new Set(kinds(await ask(pool, others))), new Set(['key-reused']));
  t.deepEqual(await stockOf(pool), { available: 20_000 - customers.length, reserved: customers.length, sold: 0 });
});

for (const userId of [7, 'ann@example.org', null]) {
  test(`one key of ${userId ?? 'a guest'}, asked many times at once over five processes, gives one order`, async (t) => {
    const { pool, url } = await shop(t);
    const processes = Array.from({ length: 5 }, () =>
      createCheckouts(openPool(t, url, 2), { windowMs: WINDOW_MS, waiting: 100 }),
    );
    const request = checkoutRequest({ userId });
    const results = await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        (processes[index % 5] as (typeof processes)[0]).checkout({ ...request, orderId: randomUUID() }),
      ),
    );
    const ids = new Set(results.map((result) => result.kind === 'reserved' && result.checkout.orderId));
    t.is(ids.size, 1);
    t.is(await count(pool, 'checkouts'), 1);
  });

  test(`the unique key refuses a second row for a key of ${userId ?? 'a guest'}`, async (t) => {
    const { pool } = await shop(t);
    await placeOrder(pool, { userId });
    const again = `INSERT INTO checkouts (order_id, user_id, customer, idempotency_key, fingerprint, items, amount,
        currency, read_token, traceparent, created_at, expires_at)
      SELECT 'another', user_id, customer, idempotency_key, fingerprint, items, amount, currency, read_token,
        traceparent, created_at, expires_at FROM checkouts`;
    await t.throwsAsync(pool.query(again), { message: /one_reservation_per/ });
  });
}

test('a customer with a text has places of their own, as many as the limit', async (t) => {
  const { pool } = await shop(t);
  const wishes = (howMany: number, userId: Customer) =>
    Array.from({ length: howMany }, () => checkoutRequest({ userId }));
  const batch = [...wishes(3, 'ann'), ...wishes(1, 'Ann'), ...wishes(1, 7)];
  t.deepEqual(kinds(await ask(pool, batch, 2)), [
    'reserved',
    'reserved',
    'too-many-open-orders',
    'reserved',
    'reserved',
  ]);
  t.deepEqual(kinds(await ask(pool, wishes(1, 'ann'), 2)), ['too-many-open-orders']);
  await settleOrder(pool, batch[0]?.orderId as string, { kind: 'cancel', reason: 'customer-request' });
  t.deepEqual(kinds(await ask(pool, wishes(2, 'ann'), 2)), ['reserved', 'too-many-open-orders']);
});

test('fifty checkouts of one text at once, over five processes and with different SKUs, do not exceed the limit', async (t) => {
  const skus = Array.from({ length: 50 }, (_, index) => `sku-${index}`);
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  const limits = { openOrders: 3, quantity: 0 };
  const processes = Array.from({ length: 5 }, () =>
    createCheckouts(openPool(t, url, 2), { windowMs: WINDOW_MS, waiting: 100, limits }),
  );
  const results = await Promise.all(
    skus.map((sku, index) => {
      const request = checkoutRequest({ userId: 'ann@example.org', lines: [{ sku, quantity: 1 }] });
      return (processes[index % 5] as (typeof processes)[0]).checkout(request);
    }),
  );
  t.is(results.filter(({ kind }) => kind === 'reserved').length, 3);
  t.is(results.filter(({ kind }) => kind === 'too-many-open-orders').length, 47);
  t.is(await count(pool, 'checkouts'), 3);
});

test('ten thousand guests buy at once, whatever the limit of open orders', async (t) => {
  const { pool, url } = await shop(t);
  const limits = { openOrders: 1, quantity: 0 };
  const processes = Array.from({ length: 4 }, () =>
    createCheckouts(openPool(t, url, 2), { windowMs: WINDOW_MS, waiting: 10_000, limits }),
  );
  const results = await Promise.all(
    Array.from({ length: 10_000 }, (_, index) =>
      (processes[index % 4] as (typeof processes)[0]).checkout(checkoutRequest({ userId: null })),
    ),
  );
  t.is(results.filter(({ kind }) => kind === 'reserved').length, 10_000);
  t.deepEqual(await stockOf(pool), { available: 10_000, reserved: 10_000, sold: 0 });
  t.deepEqual(await rows(pool, 'SELECT DISTINCT open_place FROM checkouts'), [{ open_place: null }]);
});

test('no guest waits for a guest who has not committed, and none takes a place', async (t) => {
  const { pool, url } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const before = async (sql: string) => {
    if (sql !== 'COMMIT') return;
    hold();
    await released;
  };
  const slow = ask(watchedPool(openPool(t, url, 1), { before }), [checkoutRequest({ userId: null })], 1);
  await held;
  const lamp = { lines: [{ sku: 'lamp', quantity: 1 }] };
  t.deepEqual(kinds(await ask(pool, [checkoutRequest({ userId: null, ...lamp })], 1)), ['reserved']);
  release();
  t.deepEqual(kinds(await slow), ['reserved']);
  t.deepEqual(await rows(pool, 'SELECT DISTINCT open_place FROM checkouts'), [{ open_place: null }]);
});

test('a guest does not learn which order of a guest has a reference', async (t) => {
  const { pool } = await shop(t);
  const wish = (userId: Customer, reference: string) => checkoutRequest({ userId, reference });
  await ask(pool, [wish(null, 'A-1'), wish('ann', 'A-2')]);
  const [ofGuest, ofAnn, ofOther] = await ask(pool, [wish(null, 'A-1'), wish('ann', 'A-2'), wish('Ann', 'A-2')]);
  t.like(ofGuest, { kind: 'reference-used', ofSameUser: false });
  t.like(ofAnn, { kind: 'reference-used', ofSameUser: true });
  t.like(ofOther, { kind: 'reference-used', ofSameUser: false });
});

test('a batch of all kinds of customers reads in one round trip, as a batch of numbers does', async (t) => {
  const { pool } = await shop(t);
  const wishes = (...ids: Customer[]) => ids.map((userId) => checkoutRequest({ userId }));
  // The first reservation of a product also marks the product, with one more statement.
  await ask(pool, wishes(1), 3);
  const [numbers, mixed] = [[] as string[], [] as string[]];
  await ask(watchedPool(pool, { statements: numbers }), wishes(1, 2), 3);
  await ask(watchedPool(pool, { statements: mixed }), wishes(1, null, 'ann', 2), 3);
  t.is(mixed.length, numbers.length);
  const each = (sent: string[]) => sent.flatMap((sql) => sql.split(';\n'));
  t.is(each(mixed).length, each(numbers).length + 3, 'the keys of texts, also archived ones, and the places of texts');
});
