import test from 'ava';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { markRefunded } from '../../src/db/payments/refunds.js';
import { count, placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { payFor } from './payment-events.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const expired = { kind: 'expired' } as const;
const open = { available: 9, reserved: 1, sold: 0 };
const back = { available: 10, reserved: 0, sold: 0 };
const gone = { available: 9, reserved: 0, sold: 1 };

test('a payment ends an order as paid, and its stock is sold', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'lamp' })]);
  const lines = [
    { sku: 'mug', quantity: 2 },
    { sku: 'lamp', quantity: 3 },
  ];
  const checkout = await placeOrder(pool, { lines });
  const paymentId = await payFor(pool, checkout);
  const { order, refund } = await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  t.like(order, { orderId: checkout.orderId, status: 'paid', paymentId, cancelReason: null });
  t.is(refund, null);
  t.like(await findPayment(pool, paymentId), { status: 'accepted' });
  t.deepEqual(await stockOf(pool, 'mug'), { available: 8, reserved: 0, sold: 2 });
  t.deepEqual(await stockOf(pool, 'lamp'), { available: 7, reserved: 0, sold: 3 });
  t.like((await rows(pool, 'SELECT * FROM stock_movements'))[0], { order_id: checkout.orderId, kind: 'sold' });
});

test('a cancel ends an order as canceled, and its stock is released', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const { order, refund } = await settleOrder(pool, orderId, cancel);
  t.like(order, { status: 'canceled', cancelReason: 'customer-request', paymentId: null });
  t.is(refund, null);
  t.deepEqual(await stockOf(pool), back);
  t.like((await rows(pool, 'SELECT * FROM stock_movements'))[0], { order_id: orderId, kind: 'released' });
});

test('the timer cancels an order whose deadline has passed', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { windowMs: -1 });
  const { order } = await settleOrder(pool, orderId, expired);
  t.like(order, { status: 'canceled', cancelReason: 'payment-window-expired' });
  t.deepEqual(await stockOf(pool), back);
});

test('a timer that fires too early leaves the order placed and returns the time until its deadline', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { windowMs: 60_000 });
  const { order } = await settleOrder(pool, orderId, expired);
  t.is(order.status, 'placed');
  t.true(order.expiresInMs > 0 && order.expiresInMs <= 60_000);
  t.deepEqual(await stockOf(pool), open);
});

test('a payment pays after the deadline if nothing has ended the order', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool, { windowMs: -1000 });
  const paymentId = await payFor(pool, checkout);
  t.is((await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId })).order.status, 'paid');
  t.is((await settleOrder(pool, checkout.orderId, expired)).order.status, 'paid');
  t.deepEqual(await stockOf(pool), gone);
});

for (const [name, cause] of [
  ['the timer', expired],
  ['the legacy queue', { kind: 'cancel', reason: 'legacy-timeout' }],
] as const) {
  test(`a payment that is stored and undecided when ${name} ends the window pays`, async (t) => {
    const { pool } = await shopDatabase(t);
    const checkout = await placeOrder(pool, { windowMs: -1 });
    await payFor(pool, checkout, { amount: 1249 });
    await payFor(pool, checkout, { currency: 'USD' });
    const [first, second] = [await payFor(pool, checkout), await payFor(pool, checkout)];
    await pool.query('UPDATE payments SET received_at = received_at - INTERVAL 1 HOUR WHERE payment_id = ?', [second]);
    const { order, refund } = await settleOrder(pool, checkout.orderId, cause);
    t.like(order, { status: 'paid', paymentId: second, cancelReason: null });
    t.is(refund, null);
    t.like(await findPayment(pool, first), { status: 'received' });
    t.deepEqual(await stockOf(pool), gone);
  });

  test(`a payment of another amount, or for another order, does not prevent the end by ${name}`, async (t) => {
    const { pool } = await shopDatabase(t);
    const [checkout, other] = [await placeOrder(pool, { windowMs: -1 }), await placeOrder(pool)];
    await payFor(pool, checkout, { amount: 1251 });
    await payFor(pool, other);
    t.is((await settleOrder(pool, checkout.orderId, cause)).order.status, 'canceled');
  });
}

for (const [name, cause] of [
  ['a timer that rings', expired],
  ['a legacy cancel that comes', { kind: 'cancel', reason: 'legacy-timeout' }],
] as const) {
  test(`${name} before the deadline ends nothing and accepts no payment`, async (t) => {
    const { pool } = await shopDatabase(t);
    const checkout = await placeOrder(pool, { windowMs: 60_000 });
    const paymentId = await payFor(pool, checkout);
    t.is((await settleOrder(pool, checkout.orderId, cause)).order.status, 'placed');
    t.like(await findPayment(pool, paymentId), { status: 'received' });
  });
}

for (const [name, cause, windowMs] of [
  ['a cancel', cancel, 60_000],
  ['the timer', expired, -1],
] as const) {
  test(`${name} twice moves the stock once, and returns the same`, async (t) => {
    const { pool } = await shopDatabase(t);
    const { orderId } = await placeOrder(pool, { windowMs });
    await placeOrder(pool);
    const first = await settleOrder(pool, orderId, cause);
    const again = await settleOrder(pool, orderId, cause);
    t.deepEqual({ ...again.order, expiresInMs: 0 }, { ...first.order, expiresInMs: 0 });
    t.deepEqual(await stockOf(pool), open);
  });
}

test('a payment that is settled twice sells the stock once, and is not refunded', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  await placeOrder(pool);
  const paymentId = await payFor(pool, checkout);
  for (const _ of ['first', 'again']) {
    const { order, refund } = await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
    t.is(order.status, 'paid');
    t.is(refund, null);
  }
  t.like(await findPayment(pool, paymentId), { status: 'accepted' });
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 1, sold: 1 });
});

test('a payment after the cancel is to be refunded, and each settlement returns the refund until the refund is made', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  await settleOrder(pool, checkout.orderId, cancel);
  const paymentId = await payFor(pool, checkout);
  for (const _ of ['first', 'again']) {
    const { order, refund } = await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
    t.is(order.status, 'canceled');
    t.like(refund, { paymentId, reason: 'order-canceled' });
  }
  t.like(await findPayment(pool, paymentId), { status: 'refund_required', refundReason: 'order-canceled' });
  await markRefunded(pool, paymentId, 'refund-1');
  t.is((await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId })).refund, null);
  t.deepEqual(await stockOf(pool), back);
});

test('a second payment for a paid order is to be refunded, and the first stays accepted', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const [first, second] = [await payFor(pool, checkout), await payFor(pool, checkout)];
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: first });
  const { order, refund } = await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: second });
  t.like(order, { status: 'paid', paymentId: first });
  t.like(refund, { paymentId: second, reason: 'order-already-paid' });
  t.like(await findPayment(pool, first), { status: 'accepted' });
  t.like(await findPayment(pool, second), { status: 'refund_required', refundReason: 'order-already-paid' });
});

for (const [name, wrong] of [
  ['too little', { amount: 1249 }],
  ['too much', { amount: 1251 }],
  ['another currency', { currency: 'USD' }],
] as const) {
  test(`${name} does not pay an order: the payment is to be refunded, and the order waits for the right amount`, async (t) => {
    const { pool } = await shopDatabase(t);
    const checkout = await placeOrder(pool);
    const paymentId = await payFor(pool, checkout, wrong);
    const { order, refund } = await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
    t.is(order.status, 'placed');
    t.like(refund, { paymentId, reason: 'amount-mismatch' });
    t.deepEqual(await stockOf(pool), open);
    const right = await payFor(pool, checkout);
    t.is((await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: right })).order.status, 'paid');
  });
}

test("another order's payment does not pay this order, and is no refund of this order", async (t) => {
  const { pool } = await shopDatabase(t);
  const [mine, other] = [await placeOrder(pool), await placeOrder(pool)];
  const paymentId = await payFor(pool, other);
  t.like(await settleOrder(pool, mine.orderId, { kind: 'payment', paymentId }), {
    order: { status: 'placed' },
    refund: null,
  });
  t.like(await findPayment(pool, paymentId), { status: 'received' });
  await settleOrder(pool, other.orderId, cancel);
  t.like((await settleOrder(pool, other.orderId, { kind: 'payment', paymentId })).refund, { paymentId });
  t.is((await settleOrder(pool, mine.orderId, { kind: 'payment', paymentId })).refund, null);
});

test('a payment that no webhook reported changes nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const settlement = await settleOrder(pool, orderId, { kind: 'payment', paymentId: 'pay-invented' });
  t.like(settlement, { order: { status: 'placed' }, refund: null });
  t.deepEqual(await stockOf(pool), open);
});

test('an order that is not recorded yet is recorded first, and then settled', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  t.is(await count(pool, 'orders'), 0);
  await settleOrder(pool, orderId, cancel);
  const [recorded] = await recordOrders(pool, [orderId]);
  t.is(recorded?.status, 'canceled');
  t.is(await count(pool, 'order_items'), 1);
});

test('an order without a checkout cannot be settled', async (t) => {
  const { pool } = await shopDatabase(t);
  await t.throwsAsync(settleOrder(pool, 'nobody', cancel), { name: 'DomainError', code: 'order-unknown' });
  t.is(await count(pool, 'orders'), 0);
});
