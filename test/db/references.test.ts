import test from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
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

const reference = 'A-1001';

test('a reference that an order has is refused with this order, also when the stock is sold out', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 1 })]);
  const { orderId } = await placeOrder(pool, { reference });
  const requests = [checkoutRequest({ reference }), checkoutRequest({ reference, userId: 8 })];
  t.deepEqual(await reserve(pool, requests, WINDOW_MS), [
    { kind: 'reference-used', orderId, ofSameUser: true },
    { kind: 'reference-used', orderId, ofSameUser: false },
  ]);
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 1, sold: 0 });
});

test('upper and lower case are two references', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool, { reference });
  await placeOrder(pool, { reference: reference.toLowerCase() });
  t.is(await count(pool, 'checkouts'), 2);
});

test('the same key with the same reference is the same order', async (t) => {
  const { pool } = await shopDatabase(t);
  const request = checkoutRequest({ reference });
  const again = () => ({ ...request, orderId: checkoutRequest().orderId });
  for (const result of [
    ...(await reserve(pool, [request, again()], WINDOW_MS)),
    ...(await reserve(pool, [again()], WINDOW_MS)),
  ]) {
    t.like(result, { kind: 'reserved', checkout: { orderId: request.orderId, reference } });
  }
});

test('of the requests of one transaction the first that is reserved has the reference', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 3 })]);
  const tooMany = checkoutRequest({ reference, lines: [{ sku: 'mug', quantity: 4 }] });
  const first = checkoutRequest({ reference, lines: [{ sku: 'mug', quantity: 3 }] });
  const second = checkoutRequest({ reference });
  const results = await reserve(pool, [tooMany, first, second], WINDOW_MS);
  t.deepEqual(
    results.map(({ kind }) => kind),
    ['reference-used', 'reserved', 'reference-used'],
  );
  for (const refused of [results[0], results[2]]) t.like(refused, { orderId: first.orderId });
});

test('two processes at once: one order gets the reference, and nobody else is refused', async (t) => {
  const skus = ['mug', 'lamp'] as const;
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 1_000 })),
  );
  const pools = [pool, openPool(t, url)];
  for (let round = 0; round < 20; round++) {
    // Different SKUs: no lock on stock keeps the two transactions apart.
    const batches = skus.map((sku) => {
      const lines = [{ sku, quantity: 1 }];
      return [
        checkoutRequest({ lines }),
        checkoutRequest({ lines, reference: `round ${round}` }),
        checkoutRequest({ lines }),
      ];
    });
    const results = await Promise.all(
      batches.map((requests, index) => reserve(pools[index] ?? pool, requests, WINDOW_MS)),
    );
    const contested = results.map((ofProcess) => ofProcess[1]);
    t.deepEqual(contested.map((result) => result?.kind).sort(), ['reference-used', 'reserved']);
    const winner = contested.find((result) => result?.kind === 'reserved');
    t.like(
      contested.find((result) => result?.kind === 'reference-used'),
      { orderId: winner?.kind === 'reserved' ? winner.checkout.orderId : '' },
    );
    for (const ofProcess of results) t.deepEqual([ofProcess[0]?.kind, ofProcess[2]?.kind], ['reserved', 'reserved']);
  }
  t.is(await count(pool, 'checkouts'), 100);
  t.deepEqual(await auditDatabase(pool, 60), []);
});
