import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createStockChanges, rehearseChange } from '../../../src/db/stock/stock-changes.js';
import type { AskedChange, StockChangeResult } from '../../../src/domain/stock-change.js';
import { count, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { stockChange } from '../../helpers/stock.js';

async function shop(t: Parameters<typeof shopDatabase>[0], products?: Parameters<typeof shopDatabase>[1]) {
  const { pool, url } = await shopDatabase(t, products);
  const { change } = createStockChanges(pool);
  const changed = async (overrides: Partial<AskedChange>) => {
    const result = await change(stockChange(overrides));
    if (result.kind !== 'changed') throw new Error(`not changed: ${JSON.stringify(result)}`);
    return result.change;
  };
  return { pool, url, change, changed };
}

const numbers = (result: StockChangeResult) =>
  result.kind === 'refused' && [result.because, result.available, result.reserved, result.requested];

test('units that come are available, and units that are lost are not', async (t) => {
  const { pool, changed } = await shop(t);
  t.like(await changed({ kind: 'received', quantity: 5, reason: 'delivery', reference: 'PO-7', by: 'ada' }), {
    ...{ kind: 'received', quantity: 5, available: 15, reserved: 0, counted: null },
    ...{ reason: 'delivery', reference: 'PO-7', by: 'ada', canceledOrders: [] },
  });
  t.like(await changed({ kind: 'returned', quantity: 2 }), { quantity: 2, available: 17 });
  t.like(await changed({ kind: 'lost', quantity: 7 }), { quantity: -7, available: 10 });
  t.like(await changed({ kind: 'corrected', quantity: -3 }), { quantity: -3, available: 7 });
  t.like(await changed({ kind: 'corrected', quantity: 1 }), { quantity: 1, available: 8 });
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 0, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a count has the reserved units in it, while orders are open', async (t) => {
  const { pool, changed } = await shop(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  t.like(await changed({ kind: 'counted', quantity: 9 }), { quantity: -1, counted: 9, available: 5, reserved: 4 });
  t.like(await changed({ kind: 'counted', quantity: 9 }), { quantity: 0, counted: 9, available: 5, reserved: 4 });
  t.like(await changed({ kind: 'counted', quantity: 4 }), { quantity: -5, available: 0, reserved: 4 });
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  t.deepEqual(await stockOf(pool), { available: 4, reserved: 0, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a change that cannot be is refused with the numbers, and changes nothing', async (t) => {
  const { pool, change } = await shop(t);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const refused = async (kind: AskedChange['kind'], quantity: number) =>
    numbers(await change(stockChange({ kind, quantity })));
  t.deepEqual(await refused('lost', 7), ['reserved-units', 6, 4, 7]);
  t.deepEqual(await refused('lost', 11), ['not-there', 6, 4, 11]);
  t.deepEqual(await refused('counted', 3), ['reserved-units', 6, 4, 3]);
  t.deepEqual(await refused('corrected', -7), ['not-there', 6, 4, -7]);
  t.deepEqual(await refused('received', Number.MAX_SAFE_INTEGER), ['too-large', 6, 4, Number.MAX_SAFE_INTEGER]);
  t.like(await change(stockChange({ sku: 'lamp' })), { kind: 'unknown-sku' });
  t.is(await count(pool, 'stock_changes'), 1);
  t.deepEqual(await stockOf(pool), { available: 6, reserved: 4, sold: 0 });
});

test('a refusal names the newest orders that could no longer be met, with their total', async (t) => {
  const { pool, change } = await shop(t);
  const placed = [];
  for (const quantity of [1, 2, 3]) placed.push(await placeOrder(pool, { lines: [{ sku: 'mug', quantity }] }));
  const [, second, third] = placed.map(({ orderId }) => orderId);
  t.like(await change(stockChange({ kind: 'counted', quantity: 2 })), {
    kind: 'refused',
    missing: 4,
    orders: { total: 2, newest: [third, second] },
  });
});

test('the same key again is the same answer, and another request under the key is refused', async (t) => {
  const { pool, change } = await shop(t);
  const first = stockChange({ quantity: 5 });
  const answer = await change(first);
  await change(stockChange({ quantity: 1 }));
  t.deepEqual(await change(first), { ...answer, replayed: true } as StockChangeResult);
  t.deepEqual(await change(stockChange({ quantity: 6, idempotencyKey: first.idempotencyKey })), { kind: 'key-reused' });
  t.is((await stockOf(pool)).available, 16);
});

test('a repeated key is answered before the stock is looked at', async (t) => {
  const { change } = await shop(t);
  const all = stockChange({ kind: 'lost', quantity: 10 });
  const answer = await change(all);
  t.deepEqual(await change(all), { ...answer, replayed: true } as StockChangeResult);
});

test('changes at the same time are applied in their order, and one that cannot be stops no other', async (t) => {
  const { pool, change } = await shop(t, [product(), product({ sku: 'lamp', stock: 1 })]);
  const twice = stockChange({ quantity: 3 });
  // The first runs alone, and the others wait for it: they are one batch.
  const results = await Promise.all(
    [
      stockChange({ quantity: 1 }),
      stockChange({ kind: 'lost', quantity: 11 }),
      stockChange({ kind: 'lost', quantity: 1 }),
      { ...twice },
      twice,
      stockChange({ quantity: 9, idempotencyKey: twice.idempotencyKey }),
      stockChange({ sku: 'chair' }),
      stockChange({ sku: 'lamp', kind: 'counted', quantity: 4 }),
    ].map(change),
  );
  t.deepEqual(
    results.map((result) => (result.kind === 'changed' ? [result.change.available, result.replayed] : result.kind)),
    [[11, false], [0, false], 'refused', [3, false], [3, true], 'key-reused', 'unknown-sku', [4, false]],
  );
  t.deepEqual(await stockOf(pool), { available: 3, reserved: 0, sold: 0 });
  t.deepEqual(await stockOf(pool, 'lamp'), { available: 4, reserved: 0, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('SKUs that differ in case or in characters beyond ASCII have a stock each', async (t) => {
  const skus = ['größe-M', 'GRÖSSE-M', 'Größe-M', '鞋-42', '🧦'];
  const { pool, change } = await shop(
    t,
    skus.map((sku) => product({ sku, stock: 0 })),
  );
  await Promise.all(skus.map((sku, index) => change(stockChange({ sku, quantity: index + 1 }))));
  for (const [index, sku] of skus.entries()) t.is((await stockOf(pool, sku)).available, index + 1);
});

test('a rehearsal answers as the change would, and changes nothing', async (t) => {
  const { pool, change } = await shop(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const restock = stockChange({ quantity: 5 });
  t.like(await rehearseChange(pool, restock), { kind: 'changed', change: { available: 11 }, replayed: false });
  const few = stockChange({ kind: 'counted', quantity: 3 });
  t.like(await rehearseChange(pool, few), { kind: 'refused', orders: { total: 1, newest: [orderId] } });
  t.like(await rehearseChange(pool, { ...few, cancelNewestOrders: true }), {
    kind: 'changed',
    change: { available: 3, reserved: 0, canceledOrders: [orderId] },
  });
  t.is(await count(pool, 'stock_changes'), 1);
  t.is(await count(pool, 'events'), 1, 'the event of the checkout');
  t.deepEqual(await stockOf(pool), { available: 6, reserved: 4, sold: 0 });
  t.like(await change(restock), { kind: 'changed', replayed: false });
  t.deepEqual(await rows(pool, "SELECT order_id FROM orders WHERE status = 'canceled'"), []);
});
