import test from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { NO_LIMITS } from '../../src/domain/hoarding.js';
import {
  checkoutRequest,
  count,
  openPool,
  placeOrder,
  product,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';
import { watchedPool } from './watched-pool.js';

type Shop = Awaited<ReturnType<typeof shopDatabase>>;

/** Checkouts of several API processes on one database, each with its own connections and batches. */
const processes = (t: Parameters<typeof openPool>[0], { url }: Shop, howMany = 5) =>
  Array.from(
    { length: howMany },
    () => createCheckouts(openPool(t, url, 2), { windowMs: WINDOW_MS, waiting: 1000 }).checkout,
  );

/** Sends all requests at once, each by the next process in turn. */
const atOnce = <I, O>(ways: readonly ((input: I) => Promise<O>)[], inputs: readonly I[]): Promise<O[]> =>
  Promise.all(inputs.map((input, index) => (ways[index % ways.length] as (input: I) => Promise<O>)(input)));

/** A lock wait that times out on a busy machine is no deadlock, and is retried. */
const isDeadlock = (code: unknown): boolean => code === 'ER_LOCK_DEADLOCK';

test('the last unit goes to one of fifty buyers in five processes', async (t) => {
  const shop = await shopDatabase(t, [product({ stock: 1 })]);
  const buyers = Array.from({ length: 50 }, (_, userId) => checkoutRequest({ userId }));
  const results = await atOnce(processes(t, shop), buyers);
  t.is(results.filter(({ kind }) => kind === 'reserved').length, 1);
  t.is(results.filter(({ kind }) => kind === 'out-of-stock').length, 49);
  t.deepEqual(await stockOf(shop.pool), { available: 0, reserved: 1, sold: 0 });
  t.is(await count(shop.pool, 'checkouts'), 1);
});

test('three hundred buyers of two products buy exactly the available stock', async (t) => {
  const shop = await shopDatabase(t, [product({ stock: 100 }), product({ sku: 'lamp', stock: 40 })]);
  const buyers = Array.from({ length: 300 }, (_, userId) =>
    checkoutRequest({ userId, lines: [{ sku: userId % 2 ? 'mug' : 'lamp', quantity: 1 }] }),
  );
  const results = await atOnce(processes(t, shop), buyers);
  t.is(results.filter(({ kind }) => kind === 'reserved').length, 140);
  t.deepEqual(await stockOf(shop.pool, 'mug'), { available: 0, reserved: 100, sold: 0 });
  t.deepEqual(await stockOf(shop.pool, 'lamp'), { available: 0, reserved: 40, sold: 0 });
  t.deepEqual(await auditDatabase(shop.pool, 0), []);
});

test('one key ten times at once, for the last unit, over five processes, gets one row and one answer', async (t) => {
  const shop = await shopDatabase(t, [product({ stock: 1 })]);
  const request = checkoutRequest();
  const retries = Array.from({ length: 10 }, () => ({ ...request, orderId: checkoutRequest().orderId }));
  const results = await atOnce(processes(t, shop), retries);
  const answers = results.map((result) => (result.kind === 'reserved' ? result.checkout : result));
  for (const answer of answers) t.deepEqual(answer, answers[0]);
  t.is(results.filter((result) => result.kind === 'reserved' && !result.replayed).length, 1);
  t.is(await count(shop.pool, 'checkouts'), 1);
  t.deepEqual(await stockOf(shop.pool), { available: 0, reserved: 1, sold: 0 });
});

test('one key with ten different bodies at once, without a SKU in common, is one reservation of one body', async (t) => {
  const skus = Array.from({ length: 10 }, (_, index) => `sku-${index}`);
  const shop = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  const { idempotencyKey } = checkoutRequest();
  const bodies = skus.map((sku) => checkoutRequest({ idempotencyKey, lines: [{ sku, quantity: 1 }] }));
  const results = await atOnce(processes(t, shop), bodies);
  t.is(results.filter(({ kind }) => kind === 'reserved').length, 1);
  t.is(results.filter(({ kind }) => kind === 'key-reused').length, 9);
  t.is(await count(shop.pool, 'checkouts'), 1);
  t.deepEqual(await auditDatabase(shop.pool, 0), []);
});

/** On a busy machine sixteen lock waits in a row take long. The server reports a deadlock at once. */
const PATIENT = 100;

test('buyers who name the same products in different orders cause no deadlock', async (t) => {
  const skus = ['a', 'b', 'c', 'd'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 1000 })),
  );
  const errors: unknown[] = [];
  const ways = Array.from({ length: 4 }, () => watchedPool(openPool(t, url, 4), { errors })).map(
    (watched) => (skusInOrder: readonly string[]) =>
      reserve(
        watched,
        [{ ...checkoutRequest(), lines: skusInOrder.map((sku) => ({ sku, quantity: 1 })) }],
        WINDOW_MS,
        NO_LIMITS,
        PATIENT,
      ),
  );
  const orders = Array.from({ length: 200 }, (_, index) => (index % 2 ? skus : skus.toReversed()));
  await atOnce(ways, orders);
  t.deepEqual(errors.filter(isDeadlock), []);
  t.deepEqual(await stockOf(pool, 'd'), { available: 800, reserved: 200, sold: 0 });
});

test('checkouts and cancels of the same products at once cause no deadlock', async (t) => {
  const skus = ['a', 'b', 'c'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 1000 })),
  );
  const lines = skus.map((sku) => ({ sku, quantity: 1 }));
  const placed = await Promise.all(Array.from({ length: 60 }, () => placeOrder(pool, { lines })));
  const errors: unknown[] = [];
  const [buyers, cancelers] = [1, 2].map(() => watchedPool(openPool(t, url, 4), { errors }));
  if (buyers === undefined || cancelers === undefined) throw new Error('unreachable');
  await Promise.all(
    placed.flatMap(({ orderId }) => [
      placeOrder(buyers, { lines }),
      settleOrder(cancelers, orderId, { kind: 'cancel', reason: 'customer-request' }),
    ]),
  );
  t.deepEqual(errors.filter(isDeadlock), []);
  t.deepEqual(await stockOf(pool, 'a'), { available: 940, reserved: 60, sold: 0 });
});
