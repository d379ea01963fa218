import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { createCheckouts } from '../../../src/db/grouped-writes.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createStockChanges } from '../../../src/db/stock/stock-changes.js';
import type { AskedChange, StockChangeResult } from '../../../src/domain/stock-change.js';
import {
  checkoutRequest,
  openPool,
  placeOrder,
  product,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../../helpers/database.js';
import { stockChange, stockEvents } from '../../helpers/stock.js';
import { payFor } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

const forced = (overrides: Partial<AskedChange>) => stockChange({ ...overrides, cancelNewestOrders: true });

test('a forced count cancels the newest open orders until the others can be met, and names them', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp', stock: 1 })]);
  const { change } = createStockChanges(pool);
  const ids: string[] = [];
  for (const lines of [
    [{ sku: 'mug', quantity: 3 }],
    [
      { sku: 'mug', quantity: 2 },
      { sku: 'lamp', quantity: 1 },
    ],
    [{ sku: 'mug', quantity: 1 }],
  ]) {
    ids.push((await placeOrder(pool, { lines })).orderId);
  }
  await recordOrders(pool, ids.slice(0, 1));
  const [first, second, third] = ids as [string, string, string];
  const request = forced({ kind: 'counted', quantity: 4 });
  const result = await change(request);
  t.like(result, {
    kind: 'changed',
    change: { quantity: -6, counted: 4, available: 1, reserved: 3, canceledOrders: [third, second] },
    replayed: false,
  });
  t.deepEqual(
    await rows(
      pool,
      'SELECT order_id AS id, cancel_reason AS why, report_due AS due FROM orders ORDER BY created_at, order_id',
    ),
    [
      { id: first, why: null, due: null },
      { id: second, why: 'stock-missing', due: 1 },
      { id: third, why: 'stock-missing', due: 1 },
    ],
  );
  t.deepEqual(await stockOf(pool, 'lamp'), { available: 1, reserved: 0, sold: 0 });
  t.deepEqual(await change(request), { ...result, replayed: true } as StockChangeResult);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a forced loss of sold-out stock writes no event of the units that came back for a moment', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 4 }), product({ sku: 'lamp', stock: 1 })]);
  const { change } = createStockChanges(pool);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  await placeOrder(pool, {
    lines: [
      { sku: 'mug', quantity: 2 },
      { sku: 'lamp', quantity: 1 },
    ],
  });
  t.like(await change(forced({ kind: 'lost', quantity: 2 })), {
    kind: 'changed',
    change: { available: 0, reserved: 2 },
  });
  t.deepEqual(await stockEvents(pool), ['sold-out']);
  t.deepEqual(await stockEvents(pool, 'lamp'), ['sold-out', 1]);
  t.like(await change(forced({ kind: 'lost', quantity: 1 })), {
    kind: 'changed',
    change: { available: 1, reserved: 0 },
  });
  t.deepEqual(await stockEvents(pool), ['sold-out', 1]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('the force cancels no order where the stock is enough, and cannot take what is not there', async (t) => {
  const { pool } = await shopDatabase(t);
  const { change } = createStockChanges(pool);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  t.like(await change(forced({ kind: 'lost', quantity: 6 })), { kind: 'changed', change: { canceledOrders: [] } });
  t.like(await change(forced({ kind: 'lost', quantity: 5 })), { kind: 'refused', because: 'not-there' });
  t.like(await change(forced({ kind: 'corrected', quantity: -1 })), { kind: 'refused', because: 'not-there' });
  t.deepEqual(await rows(pool, 'SELECT order_id FROM orders'), []);
  t.like(await change(forced({ kind: 'lost', quantity: 4 })), {
    kind: 'changed',
    change: { canceledOrders: [orderId] },
  });
});

test('an order that was paid while the newest ones were looked for keeps its units, and an older one is canceled', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const older = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const newest = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  let transactions = 0;
  const paying = watchedPool(openPool(t, url), {
    before: async (sql) => {
      // The first transaction refuses the count, and the orders are looked for before the second.
      if (sql !== 'START TRANSACTION' || ++transactions !== 2) return;
      await settleOrder(pool, newest.orderId, { kind: 'payment', paymentId: await payFor(pool, newest) });
    },
  });
  const { change } = createStockChanges(paying);
  t.like(await change(forced({ kind: 'counted', quantity: 3 })), {
    change: { canceledOrders: [older.orderId], available: 3, reserved: 0 },
  });
  t.deepEqual(await stockOf(pool), { available: 3, reserved: 0, sold: 4 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('orders that come while the newest ones are canceled are canceled too where the stock is not enough for them', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 5_000 })]);
  await Promise.all(Array.from({ length: 5 }, () => placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] })));
  const { checkout } = createCheckouts(openPool(t, url), { windowMs: WINDOW_MS, waiting: 1000 });
  let transactions = 0;
  const buying = watchedPool(openPool(t, url), {
    before: async (sql) => {
      // More units than the first attempt has locked orders for, once the orders were looked for.
      if (sql !== 'START TRANSACTION' || ++transactions !== 2) return;
      await Promise.all(
        Array.from({ length: 300 }, (_, userId) =>
          checkout(checkoutRequest({ userId, lines: [{ sku: 'mug', quantity: 1 }] })),
        ),
      );
    },
  });
  const { change } = createStockChanges(buying);
  const result = await change(forced({ kind: 'counted', quantity: 4 }));
  t.like(result, { kind: 'changed', change: { available: 0, reserved: 4 } });
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 4, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('forced counts, buyers and cancels at once, by two processes, are all done, and every unit is accounted for', async (t) => {
  const skus = ['a', 'b', 'c'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 200 })),
  );
  const [one, two] = [openPool(t, url), openPool(t, url)];
  const lines = skus.map((sku) => ({ sku, quantity: 1 }));
  const placed = await Promise.all(Array.from({ length: 60 }, () => placeOrder(pool, { lines })));
  await recordOrders(
    pool,
    placed.map(({ orderId }) => orderId),
  );
  const { checkout } = createCheckouts(one, { windowMs: WINDOW_MS, waiting: 1000 });
  const changes = [createStockChanges(one), createStockChanges(two)];
  const counted = await Promise.all([
    ...skus.map((sku, index) => changes[index % 2]?.change(forced({ sku, kind: 'counted', quantity: 10 }))),
    ...Array.from({ length: 60 }, () => checkout({ ...checkoutRequest(), lines: lines.toReversed() })),
    ...placed
      .slice(0, 30)
      .map(({ orderId }) => settleOrder(two, orderId, { kind: 'cancel', reason: 'customer-request' })),
  ]);
  for (const result of counted.slice(0, 3)) t.like(result, { kind: 'changed' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});
