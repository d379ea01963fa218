import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import type { CheckoutRequest, CheckoutResult } from '../../src/domain/checkout.js';
import {
  checkoutRequest,
  count,
  openPool,
  product,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';
import { watchedPool } from './watched-pool.js';

const limits = { openOrders: 3, quantity: 0 };
const kinds = (results: readonly CheckoutResult[]) => results.map(({ kind }) => kind);
const ask = (pool: Pool, requests: readonly CheckoutRequest[], openOrders = limits.openOrders) =>
  reserve(pool, requests, WINDOW_MS, { openOrders, quantity: 0 });
const wishes = (howMany: number, userId = 7) => Array.from({ length: howMany }, () => checkoutRequest({ userId }));

/** Three open orders of user 7. */
async function fullHouse(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const placed = wishes(3);
  t.deepEqual(kinds(await ask(pool, placed)), ['reserved', 'reserved', 'reserved']);
  return { pool, url, placed };
}

test('a checkout past the limit of open orders reserves nothing and names the limit', async (t) => {
  const { pool } = await fullHouse(t);
  t.deepEqual(await ask(pool, wishes(1)), [{ kind: 'too-many-open-orders', limit: 3 }]);
  t.deepEqual(await stockOf(pool), { available: 7, reserved: 3, sold: 0 });
  t.is(await count(pool, 'checkouts'), 3);
  t.deepEqual(kinds(await ask(pool, wishes(1, 8))), ['reserved'], 'another user has places of their own');
});

test('a repeated key gets the same answer, also past the limit', async (t) => {
  const { pool, placed } = await fullHouse(t);
  const [again] = await ask(pool, [{ ...(placed[0] as CheckoutRequest), orderId: randomUUID() }]);
  t.like(again, { kind: 'reserved', replayed: true, checkout: { orderId: placed[0]?.orderId } });
});

test('a canceled order frees its place, once', async (t) => {
  const { pool, placed } = await fullHouse(t);
  const cancel = () => settleOrder(pool, placed[1]?.orderId as string, { kind: 'cancel', reason: 'customer-request' });
  await cancel();
  await cancel();
  t.deepEqual(kinds(await ask(pool, wishes(2))), ['reserved', 'too-many-open-orders']);
});

test('a paid order frees its place', async (t) => {
  const { pool, placed } = await fullHouse(t);
  const [orderId, paymentId] = [placed[0]?.orderId as string, randomUUID()];
  await storeEvent(pool, {
    provider: 'test',
    eventId: randomUUID(),
    type: 'payment.succeeded',
    paymentId,
    orderId,
    amount: 1250,
    currency: 'EUR',
    bodySha256: Buffer.alloc(32),
  });
  const { order } = await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  t.is(order.status, 'paid');
  t.deepEqual(kinds(await ask(pool, wishes(2))), ['reserved', 'too-many-open-orders']);
});

test('several checkouts of one user in one batch get the places that the limit leaves, in their order', async (t) => {
  const { pool } = await shopDatabase(t);
  const batch = [...wishes(2), ...wishes(1, 8), ...wishes(3)];
  const refused = 'too-many-open-orders';
  t.deepEqual(kinds(await ask(pool, batch)), ['reserved', 'reserved', 'reserved', 'reserved', refused, refused]);
  t.deepEqual(await stockOf(pool), { available: 6, reserved: 4, sold: 0 });
});

test('a checkout that is out of stock takes no place', async (t) => {
  const { pool } = await shopDatabase(t);
  const batch = [checkoutRequest({ lines: [{ sku: 'mug', quantity: 11 }] }), ...wishes(3)];
  t.deepEqual(kinds(await ask(pool, batch)), ['out-of-stock', 'reserved', 'reserved', 'reserved']);
});

test('a lowered limit counts the orders that the earlier limit allowed', async (t) => {
  const { pool, placed } = await fullHouse(t);
  const cancel = (index: number) =>
    settleOrder(pool, placed[index]?.orderId as string, { kind: 'cancel', reason: 'customer-request' });
  await cancel(0);
  t.deepEqual(kinds(await ask(pool, wishes(1), 2)), ['too-many-open-orders']);
  await cancel(1);
  t.deepEqual(kinds(await ask(pool, wishes(2), 2)), ['reserved', 'too-many-open-orders']);
});

test('an order has at most as many units as the limit, all lines together', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const wish = (lamps: number) =>
    checkoutRequest({
      lines: [
        { sku: 'lamp', quantity: lamps },
        { sku: 'mug', quantity: 3 },
      ],
    });
  const results = await reserve(pool, [wish(3), wish(2)], WINDOW_MS, { openOrders: 0, quantity: 5 });
  t.deepEqual(results[0], { kind: 'too-many-units', limit: 5, requested: 6 });
  t.is(results[1]?.kind, 'reserved');
  t.deepEqual(await stockOf(pool, 'lamp'), { available: 8, reserved: 2, sold: 0 });
});

test('fifty checkouts of one user at once, over five processes and with different SKUs, do not exceed the limit', async (t) => {
  const skus = Array.from({ length: 50 }, (_, index) => `sku-${index}`);
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  const processes = Array.from({ length: 5 }, () =>
    createCheckouts(openPool(t, url, 2), { windowMs: WINDOW_MS, waiting: 100, limits }),
  );
  const results = await Promise.all(
    skus.map((sku, index) => {
      const request = checkoutRequest({ lines: [{ sku, quantity: 1 }] });
      return (processes[index % 5] as (typeof processes)[0]).checkout(request);
    }),
  );
  t.is(results.filter(({ kind }) => kind === 'reserved').length, 3);
  t.is(results.filter(({ kind }) => kind === 'too-many-open-orders').length, 47);
  t.is(await count(pool, 'checkouts'), 3);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('no other user waits while one user takes the last place and has not committed', async (t) => {
  const { pool, url } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const before = async (sql: string) => {
    if (sql !== 'COMMIT') return;
    hold();
    await released;
  };
  const slow = ask(watchedPool(openPool(t, url, 1), { before }), wishes(3));
  await held;
  const lamp = { lines: [{ sku: 'lamp', quantity: 1 }] };
  t.deepEqual(kinds(await ask(pool, [checkoutRequest({ userId: 8, ...lamp })])), ['reserved']);
  release();
  t.deepEqual(kinds(await slow), ['reserved', 'reserved', 'reserved']);
});

test('a checkout takes no place and reads nothing more without a limit on open orders', async (t) => {
  const { pool } = await shopDatabase(t);
  // The first reservation of a product also marks the product, with one more statement.
  await ask(pool, wishes(1), 0);
  const [off, on] = [[] as string[], [] as string[]];
  t.deepEqual(kinds(await ask(watchedPool(pool, { statements: off }), wishes(4), 0)), Array(4).fill('reserved'));
  t.deepEqual(await rows(pool, 'SELECT DISTINCT open_place FROM checkouts'), [{ open_place: null }]);
  await ask(watchedPool(pool, { statements: on }), wishes(1), 3);
  const each = (sent: string[]) => sent.flatMap((sql) => sql.split(';\n'));
  t.is(each(on).length, each(off).length + 1);
});
