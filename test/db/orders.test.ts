import test from 'ava';
import { createOrderRecorder } from '../../src/db/grouped-writes.js';
import { findOrder, recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { count, openPool, placeOrder, product, rows, shopDatabase } from '../helpers/database.js';

test('an order is written as its checkout reserved the order, with its lines', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'Lamp-2.x_1', unitPrice: 4900 })]);
  const lines = [
    { sku: 'mug', quantity: 2 },
    { sku: 'Lamp-2.x_1', quantity: 1 },
  ];
  const { orderId, amount, createdAt, expiresAt } = await placeOrder(pool, { userId: 42, lines });
  const [recorded] = await recordOrders(pool, [orderId]);
  t.like(recorded, {
    orderId,
    status: 'placed',
    amount,
    currency: 'EUR',
    cancelReason: null,
    paymentId: null,
    expiresAt,
  });
  const [row] = await rows(pool, 'SELECT * FROM orders');
  t.like(row, { order_id: orderId, user_id: 42, amount: 7400, created_at: createdAt, expires_at: expiresAt });
  t.deepEqual(await rows(pool, 'SELECT order_id, sku, quantity, unit_price FROM order_items ORDER BY sku'), [
    { order_id: orderId, sku: 'Lamp-2.x_1', quantity: 1, unit_price: 4900 },
    { order_id: orderId, sku: 'mug', quantity: 2, unit_price: 1250 },
  ]);
});

test('a recorded order has the time until its deadline, and 0 after the deadline', async (t) => {
  const { pool } = await shopDatabase(t);
  const open = await placeOrder(pool, { windowMs: 60_000 });
  const late = await placeOrder(pool, { windowMs: -1 });
  const [first, second] = await recordOrders(pool, [open.orderId, late.orderId]);
  t.true(first !== undefined && first.expiresInMs > 0 && first.expiresInMs <= 60_000);
  t.is(second?.expiresInMs, 0);
});

test('a second record changes nothing, also after the catalogue has changed', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await recordOrders(pool, [orderId]);
  const written = () => rows(pool, 'SELECT * FROM orders o JOIN order_items i USING (order_id)');
  const before = await written();
  await pool.query('UPDATE products SET unit_price = 1');
  await recordOrders(pool, [orderId]);
  t.is(before.length, 1);
  t.deepEqual(await written(), before);
});

test('a record after the settlement leaves the order settled', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'operator-request' });
  const [again] = await recordOrders(pool, [orderId]);
  t.like(again, { status: 'canceled', cancelReason: 'operator-request' });
  t.is(await count(pool, 'stock_movements'), 1);
});

test('an id without a checkout returns undefined, and the other ids are recorded', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const answers = await recordOrders(pool, ['nobody', orderId, 'nothing', orderId]);
  t.deepEqual(
    answers.map((answer) => answer?.orderId),
    [undefined, orderId, undefined, orderId],
  );
  t.is(await count(pool, 'orders'), 1);
});

test('a hundred orders that four workers record at once, each twice, are each written once', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 100 })]);
  const placed = await Promise.all(Array.from({ length: 100 }, () => placeOrder(pool)));
  const workers = Array.from({ length: 4 }, () => createOrderRecorder(openPool(t, url, 2)));
  const ids = placed.flatMap(({ orderId }) => [orderId, orderId]);
  const answers = await Promise.all(ids.map((id, index) => workers[index % workers.length]?.(id)));
  t.deepEqual(
    answers.map((answer) => answer?.orderId),
    ids,
  );
  t.is(await count(pool, 'orders'), 100);
  t.is(await count(pool, 'order_items'), 100);
});

test('an order is placed before its record, and has its end after the record and the settlement', async (t) => {
  const { pool } = await shopDatabase(t);
  const { readToken, traceparent: _, ...order } = await placeOrder(pool);
  const open = {
    status: 'placed',
    cancelReason: null,
    paidReason: null,
    settledAt: null,
    refund: 'none',
    refunds: [],
  } as const;
  t.deepEqual(await findOrder(pool, order.orderId), { readToken, view: { ...order, ...open } });
  await settleOrder(pool, order.orderId, { kind: 'cancel', reason: 'customer-request' });
  const ended = await findOrder(pool, order.orderId);
  t.like(ended?.view, { ...order, status: 'canceled', cancelReason: 'customer-request', refund: 'none' });
  t.true(ended?.view.settledAt instanceof Date);
  t.is(await findOrder(pool, 'nobody'), undefined);
});
