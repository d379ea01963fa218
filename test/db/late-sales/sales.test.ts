import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { createOutbox } from '../../../src/db/checkouts/outbox.js';
import { findOrder } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import type { CheckoutRequest } from '../../../src/domain/checkout.js';
import type { PaymentEvent } from '../../../src/domain/payment.js';
import { checkoutRequest, count, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { deliverAll, eventsOf } from '../../helpers/events.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { refundOf } from '../../helpers/refunds.js';
import { paymentEvent } from '../payment-events.js';

/** Late payments that buy what their canceled orders wanted. */

async function shop(t: ExecutionContext, stock = 10) {
  const { pool, url } = await shopDatabase(t, [product({ stock }), product({ sku: 'lamp', unitPrice: 4900, stock })]);
  const { receive, settle } = createSettlements(pool, { lateSales });
  const payLate = async (checkout: Partial<PaymentEvent>, overrides: Partial<PaymentEvent> = {}): Promise<string> => {
    const { orderId, amount, currency } = checkout as PaymentEvent;
    const event = paymentEvent({ orderId, amount, currency, ...overrides });
    await receive(event);
    return event.paymentId;
  };
  return { pool, url, receive, settle, payLate };
}

const goesBack = { status: 'refund_required', refundReason: 'order-canceled', toldOrderId: null };

test('a late payment buys what its order wanted: the order stays canceled, and names the order that is paid', async (t) => {
  const { pool, payLate } = await shop(t);
  const order = await expiredOrder(pool, {
    lines: ['mug', 'lamp'].map((sku) => ({ sku, quantity: 2 })),
    adjustments: [{ kind: 'shipping', label: 'by post', amount: 490 }],
    reference: 'SO-1',
    metadata: { desk: '3' },
    paymentMethod: 'card',
  });
  const paymentId = await payLate(order);
  const [sale] = await successors(pool);
  const { successorId = '' } = sale ?? {};
  t.like(sale, { orderId: order.orderId, paymentId });
  t.like(await findPayment(pool, paymentId), {
    status: 'accepted',
    orderId: successorId,
    toldOrderId: order.orderId,
    refundReason: null,
  });
  const first = await findOrder(pool, order.orderId);
  const second = await findOrder(pool, successorId);
  t.like(first?.view, {
    status: 'canceled',
    cancelReason: 'payment-window-expired',
    reference: 'SO-1',
    refund: 'none',
  });
  t.like(first?.view, { successor: successorId });
  t.like(second?.view, { status: 'paid', succeeds: order.orderId, amount: 12_790, currency: 'EUR' });
  t.deepEqual([first?.view.succeeds, second?.view.successor], [undefined, undefined]);
  for (const field of ['userId', 'items', 'amount', 'adjustments', 'metadata', 'paymentMethod'] as const) {
    t.deepEqual(second?.view[field], first?.view[field], field);
  }
  t.is(second?.view.reference, undefined, 'no two orders have one reference');
  t.is(second?.readToken, order.readToken, 'the customer reads it with the same token');
  for (const sku of ['mug', 'lamp']) t.deepEqual(await stockOf(pool, sku), { available: 8, reserved: 0, sold: 2 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('the successor has its own events, names the first order in them, and is published and reported as any order', async (t) => {
  const { pool, payLate } = await shop(t, 1);
  const order = await expiredOrder(pool);
  await deliverAll(pool);
  const paymentId = await payLate(order);
  const [{ successorId = '' } = {}] = await successors(pool);
  t.deepEqual(await eventsOf(pool, order.orderId), ['1 order.placed', '2 order.canceled']);
  t.deepEqual(await eventsOf(pool, successorId), ['1 order.placed', '2 order.paid']);
  const events = await deliverAll(pool);
  const told = events.filter(({ subject }) => subject === successorId);
  t.deepEqual(
    told.map(({ data }) => [data['status'], data['succeeds'], data['paymentId']]),
    [
      ['placed', order.orderId, null],
      ['paid', order.orderId, paymentId],
    ],
  );
  t.deepEqual(
    events.flatMap(({ type, subject }) => (type.startsWith('stock') ? [`${type} ${subject}`] : [])),
    ['stock.sold-out mug'],
  );
  const waiting = await createOutbox(pool).unpublished({ minAgeMs: 0, limit: 10 });
  t.true(waiting.some(({ orderId }) => orderId === successorId));
  const [row] = await rows(pool, 'SELECT report_due, status FROM orders WHERE order_id = ?', [successorId]);
  t.like(row, { report_due: 1, status: 'paid' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('the same webhook twice, and another event of the same payment, sell once', async (t) => {
  const { pool, receive } = await shop(t);
  const order = await expiredOrder(pool);
  const event = paymentEvent({ ...order });
  t.like(await receive(event), { as: 'stored' });
  t.like(await receive(event), { as: 'repeated' });
  t.like(await receive({ ...paymentEvent({ ...order }), paymentId: event.paymentId }), { as: 'stored' });
  t.is((await successors(pool)).length, 1);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('of two late payments of one order the first buys, and the second goes back, also at once', async (t) => {
  const { pool, receive, settle } = await shop(t);
  const one = await expiredOrder(pool);
  await receive(paymentEvent({ ...one }));
  const second = paymentEvent({ ...one });
  await receive(second);
  t.like(await findPayment(pool, second.paymentId), goesBack);
  const [busy, both] = [await placeOrder(pool), await expiredOrder(pool)];
  const atOnce = [paymentEvent({ ...both }), paymentEvent({ ...both })];
  await Promise.all([
    settle(busy.orderId, { kind: 'cancel', reason: 'customer-request' }),
    ...atOnce.map((event) => receive(event)),
  ]);
  const statuses = await Promise.all(atOnce.map(async ({ paymentId }) => (await findPayment(pool, paymentId))?.status));
  t.deepEqual(statuses.toSorted(), ['accepted', 'refund_required']);
  t.is((await successors(pool)).length, 2);
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 0, sold: 2 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

const wrong: readonly (readonly [what: string, Partial<PaymentEvent>])[] = [
  ['too little', { amount: 1_249 }],
  ['too much', { amount: 1_251 }],
  ['another currency', { currency: 'USD' }],
];
for (const [what, overrides] of wrong) {
  test(`a late payment of ${what} goes back`, async (t) => {
    const { pool, payLate } = await shop(t);
    const paymentId = await payLate(await expiredOrder(pool), overrides);
    t.like(await findPayment(pool, paymentId), goesBack);
    t.is(await count(pool, 'late_sales'), 0);
    t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  });
}

for (const reason of ['customer-request', 'operator-request', 'stock-missing'] as const) {
  test(`a late payment of an order that was canceled by ${reason} goes back`, async (t) => {
    const { pool, payLate } = await shop(t);
    const order = await placeOrder(pool);
    await settleOrder(pool, order.orderId, { kind: 'cancel', reason });
    t.like(await findPayment(pool, await payLate(order)), goesBack);
    t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  });
}

test("a late payment buys also after the legacy service's time-out, and not behind the bound", async (t) => {
  const { pool, payLate } = await shop(t);
  const legacy = await placeOrder(pool, { windowMs: -1_000 });
  await settleOrder(pool, legacy.orderId, { kind: 'cancel', reason: 'legacy-timeout' });
  t.like(await findPayment(pool, await payLate(legacy)), { status: 'accepted' });
  const [within, behind] = [await expiredOrder(pool), await expiredOrder(pool)];
  const endedAgo = 'UPDATE orders SET settled_at = UTC_TIMESTAMP(3) - INTERVAL ? SECOND WHERE order_id = ?';
  await pool.query(endedAgo, [24 * 3_600 - 600, within.orderId]);
  await pool.query(endedAgo, [24 * 3_600 + 1, behind.orderId]);
  t.like(await findPayment(pool, await payLate(within)), { status: 'accepted' });
  t.like(await findPayment(pool, await payLate(behind)), goesBack);
  t.deepEqual(await stockOf(pool), { available: 8, reserved: 0, sold: 2 });
});

test('without the setting late money goes back, and nothing is sold', async (t) => {
  const { pool } = await shop(t);
  const event = paymentEvent({ ...(await expiredOrder(pool)) });
  await createSettlements(pool).receive(event);
  t.like(await findPayment(pool, event.paymentId), goesBack);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('all of the stock is taken, or none', async (t) => {
  const { pool, payLate } = await shop(t, 2);
  const order = await expiredOrder(pool, { lines: ['mug', 'lamp'].map((sku) => ({ sku, quantity: 2 })) });
  await placeOrder(pool, { lines: [{ sku: 'lamp', quantity: 1 }] });
  t.like(await findPayment(pool, await payLate(order)), goesBack);
  t.deepEqual(await stockOf(pool), { available: 2, reserved: 0, sold: 0 });
  t.deepEqual(await stockOf(pool, 'lamp'), { available: 1, reserved: 1, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a product that is off sale is not sold to a late payment, and another price does not count', async (t) => {
  const { pool, payLate } = await shop(t);
  const [off, dearer] = [await expiredOrder(pool), await expiredOrder(pool, { lines: [{ sku: 'lamp', quantity: 1 }] })];
  await pool.query("UPDATE products SET active = 0 WHERE sku = 'mug'");
  await pool.query("UPDATE products SET unit_price = 9900 WHERE sku = 'lamp'");
  t.like(await findPayment(pool, await payLate(off)), goesBack);
  t.like(await findPayment(pool, await payLate(dearer)), { status: 'accepted', amount: 4_900 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('late payments of one SKU in one transaction get what is there, in their sequence, with what it releases', async (t) => {
  const { pool, receive, settle } = await shop(t, 3);
  const late = [await expiredOrder(pool), await expiredOrder(pool), await expiredOrder(pool)];
  const [busy, held, alsoHeld] = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  const events = late.map((order) => paymentEvent({ ...order }));
  const paidAtOnce = paymentEvent({ ...alsoHeld });
  await Promise.all([
    settle(busy.orderId, { kind: 'payment', paymentId: 'nothing' }),
    ...events.map((event) => receive(event)),
    settle(held.orderId, { kind: 'cancel', reason: 'customer-request' }),
    receive(paidAtOnce),
  ]);
  const statuses = await Promise.all(events.map(async ({ paymentId }) => (await findPayment(pool, paymentId))?.status));
  t.deepEqual(statuses, ['accepted', 'refund_required', 'refund_required']);
  t.like(await findPayment(pool, paidAtOnce.paymentId), { status: 'accepted' });
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 1, sold: 2 });
  t.deepEqual(await auditDatabase(pool, 0), []);
  const stock = (await deliverAll(pool)).flatMap(({ type }) => (type.startsWith('stock') ? [type] : []));
  t.deepEqual(stock.at(-1), 'stock.sold-out', 'nothing was back in between');
});

test('a payment in the transaction in which the window ends pays the order itself, and has no successor', async (t) => {
  const { pool, receive, settle } = await shop(t, 2);
  const [busy, order] = [await placeOrder(pool), await placeOrder(pool, { windowMs: -1_000 })];
  const event = paymentEvent({ ...order });
  await Promise.all([
    settle(busy.orderId, { kind: 'payment', paymentId: 'nothing' }),
    settle(order.orderId, { kind: 'cancel', reason: 'legacy-timeout' }),
    receive(event),
  ]);
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted', orderId: order.orderId });
  t.is(await count(pool, 'late_sales'), 0);
  t.deepEqual(await stockOf(pool), { available: 0, reserved: 1, sold: 1 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a product that was changed by hand is not sold to a late payment, and the orders beside it end', async (t) => {
  const { pool, receive, settle } = await shop(t);
  const [busy, other] = [await placeOrder(pool), await placeOrder(pool)];
  const [broken, fine] = [
    await expiredOrder(pool, { lines: [{ sku: 'lamp', quantity: 1 }] }),
    await expiredOrder(pool),
  ];
  const connection = await pool.getConnection();
  await connection.query('SET SESSION check_constraint_checks = 0');
  await connection.query("UPDATE products SET available = available + 5 WHERE sku = 'lamp'");
  await connection.query("UPDATE products SET reserved = 0, available = 10 WHERE sku = 'mug'");
  connection.destroy();
  const events = [paymentEvent({ ...broken }), paymentEvent({ ...fine })];
  const [, ended] = await Promise.all([
    settle(busy.orderId, { kind: 'payment', paymentId: 'nothing' }),
    settle(other.orderId, { kind: 'cancel', reason: 'customer-request' }),
    ...events.map((event) => receive(event)),
  ]);
  t.is(ended?.order.status, 'canceled');
  t.like(await findPayment(pool, events[0]?.paymentId ?? ''), goesBack);
  t.like(await findPayment(pool, events[1]?.paymentId ?? ''), { status: 'accepted' });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.like(await rows(pool, 'SELECT sku, cause FROM stock_discrepancies'), [{ sku: 'mug', cause: 'not-reserved' }]);
});

const customers: readonly (readonly [what: string, Partial<CheckoutRequest>])[] = [
  ['a guest', { userId: null }],
  ['a customer that is a text', { userId: 'ann@example.org' }],
  ['a customer with a voucher', { adjustments: [{ kind: 'discount', label: 'Gift', amount: -250 }] }],
];
for (const [what, overrides] of customers) {
  test(`a late payment of ${what} buys, and the successor takes no place among the open orders`, async (t) => {
    const { pool, payLate } = await shop(t);
    const orders = [await expiredOrder(pool, overrides), await expiredOrder(pool, overrides)];
    for (const order of orders) t.like(await findPayment(pool, await payLate(order)), { status: 'accepted' });
    const places = await rows(
      pool,
      'SELECT c.is_open, c.open_place FROM checkouts c JOIN late_sales s ON s.successor_id = c.order_id',
    );
    t.deepEqual(places, [
      { is_open: null, open_place: null },
      { is_open: null, open_place: null },
    ]);
    t.deepEqual(await auditDatabase(pool, 0), []);
  });
}

test('a successor is refunded as any paid order, and the key of the first checkout still names the first order', async (t) => {
  const { pool, payLate } = await shop(t);
  const request = checkoutRequest();
  const order = await expiredOrder(pool, request);
  await payLate(order);
  const [{ successorId = '' } = {}] = await successors(pool);
  await refundOf(pool, successorId, { all: true, restock: true });
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 1 });
  t.is((await placeOrder(pool, request).catch(() => order)).orderId, order.orderId);
  t.deepEqual(await auditDatabase(pool, 0), []);
});
