import test from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { endFree } from '../../src/db/orders/order-ends.js';
import { findOrder, recordOrders } from '../../src/db/orders/orders.js';
import { dueReports } from '../../src/db/orders/reports-due.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { checkoutRequest, placeOrder, product, rows, shopDatabase, stockOf, WINDOW_MS } from '../helpers/database.js';
import { paymentEvent } from './payment-events.js';

const voucher = (amount: number) => [{ kind: 'discount', label: 'Gift', amount }] as const;
const free = { adjustments: voucher(-1_250) };

test('an order that costs nothing is paid at its checkout, and its stock is sold', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, amount } = await placeOrder(pool, free);
  t.is(amount, 0);
  t.like((await findOrder(pool, orderId))?.view, { status: 'paid', paidReason: 'nothing-to-pay', cancelReason: null });
  t.like((await rows(pool, 'SELECT * FROM orders'))[0], { status: 'paid', payment_id: null, report_due: 1 });
  t.like((await rows(pool, 'SELECT * FROM stock_movements'))[0], { order_id: orderId, kind: 'sold' });
  t.like((await rows(pool, 'SELECT * FROM checkouts'))[0], { is_open: null, open_place: null, published_at: null });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('its message goes out, its workflow finds it paid, and its report is due in case the message is lost', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, free);
  const [waiting] = await createOutbox(pool).unpublished({ minAgeMs: 0, limit: 10 });
  t.like(waiting, { orderId, amount: 0, adjustments: [...free.adjustments] });
  const [recorded] = await recordOrders(pool, [orderId]);
  t.like(recorded, { status: 'paid', paidReason: 'nothing-to-pay', paymentId: null });
  t.like((await dueReports(pool, { minAgeMs: 0, limit: 10 }))[0], { orderId, paymentId: null, cancelReason: null });
});

test('orders with and without a price are reserved together, over the same stock', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'leaflet', unitPrice: 0, stock: 2 })]);
  const leaflet = { lines: [{ sku: 'leaflet', quantity: 1 }] };
  const requests = [
    checkoutRequest(free),
    checkoutRequest(),
    checkoutRequest(leaflet),
    checkoutRequest(leaflet),
    checkoutRequest(leaflet),
    checkoutRequest(free),
  ];
  const results = await reserve(pool, requests, WINDOW_MS);
  t.deepEqual(
    results.map(({ kind }) => kind),
    ['reserved', 'reserved', 'reserved', 'reserved', 'out-of-stock', 'reserved'],
  );
  t.deepEqual(await stockOf(pool), { available: 7, reserved: 1, sold: 2 });
  t.deepEqual(await stockOf(pool, 'leaflet'), { available: 0, reserved: 0, sold: 2 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('the same key again is the same order, sold once', async (t) => {
  const { pool } = await shopDatabase(t);
  const request = checkoutRequest(free);
  const results = await reserve(pool, [request, { ...request, orderId: checkoutRequest().orderId }], WINDOW_MS);
  const [again] = await reserve(pool, [{ ...request, orderId: checkoutRequest().orderId }], WINDOW_MS);
  for (const result of [...results, again]) {
    t.like(result, { kind: 'reserved', checkout: { orderId: request.orderId, amount: 0 } });
  }
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
});

test('a payment for an order that cost nothing goes back', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, free);
  const event = paymentEvent({ orderId, paymentId: 'pay-1' });
  t.is(await storeEvent(pool, event), 'stored');
  const { order, refund } = await settleOrder(pool, orderId, { kind: 'payment', paymentId: 'pay-1' });
  t.like(order, { status: 'paid', paidReason: 'nothing-to-pay', paymentId: null });
  t.deepEqual(refund, { paymentId: 'pay-1', reason: 'order-already-paid' });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('neither a cancel nor the deadline ends it again, and nobody makes a priced order free', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { ...free, windowMs: -1 });
  for (const cause of [{ kind: 'expired' }, { kind: 'cancel', reason: 'customer-request' }] as const) {
    t.is((await settleOrder(pool, orderId, cause)).order.status, 'paid');
  }
  const priced = await placeOrder(pool);
  t.is((await settleOrder(pool, priced.orderId, { kind: 'nothing-to-pay' })).order.status, 'placed');
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 1, sold: 1 });
});

test('an order that is paid at once takes no place of the open orders', async (t) => {
  const { pool } = await shopDatabase(t);
  const limits = { openOrders: 1, quantity: 0 };
  const kinds = async (...requests: ReturnType<typeof checkoutRequest>[]) =>
    (await reserve(pool, requests, WINDOW_MS, limits)).map(({ kind }) => kind);
  t.deepEqual(await kinds(checkoutRequest(free), checkoutRequest()), ['reserved', 'reserved']);
  t.deepEqual(await kinds(checkoutRequest(), checkoutRequest(free)), ['too-many-open-orders', 'reserved']);
});

test('the audit names an order that is paid by nothing and costs something', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, free);
  const audit = async () => (await auditDatabase(pool, 60)).map(({ subject }) => subject);
  await pool.query('UPDATE orders SET paid_reason = NULL WHERE order_id = ?', [orderId]);
  t.deepEqual(await audit(), [`order ${orderId}`]);
  await pool.query("UPDATE orders SET paid_reason = 'nothing-to-pay', amount = 1 WHERE order_id = ?", [orderId]);
  t.true((await audit()).includes(`order ${orderId}`));
});

test('the write of a free end refuses an order that costs something, and one that has ended', async (t) => {
  const { pool } = await shopDatabase(t);
  const [priced, ended] = [await placeOrder(pool), await placeOrder(pool, free)];
  await recordOrders(pool, [priced.orderId]);
  for (const { orderId } of [priced, ended]) {
    const end = endFree(pool, [{ orderId, reason: 'nothing-to-pay' }], { reportDue: false });
    await t.throwsAsync(end, { message: /not each of these orders was placed/ });
  }
});
