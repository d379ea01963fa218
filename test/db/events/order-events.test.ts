import test from 'ava';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import { remindOfDeadline } from '../../../src/db/deadlines/reminders.js';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { insertOrderEvents } from '../../../src/db/events/order-events.js';
import { settleExpired } from '../../../src/db/orders/expired-batch.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { checkoutRequest, count, placeOrder, rows, shopDatabase, WINDOW_MS } from '../../helpers/database.js';
import { deliverAll, eventsOf } from '../../helpers/events.js';
import { payFor, paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

test('an order has an event for its checkout, each move, the reminder and its end, with numbers from 1', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, expiresAt, ...checkout } = await placeOrder(pool, {
    userId: 'ann',
    reference: 'SO-1',
    metadata: { desk: '3' },
    adjustments: [{ kind: 'shipping', label: 'by post', amount: 490 }],
  });
  const later = new Date(expiresAt.getTime() + 60_000);
  await moveDeadline(pool, orderId, { to: later, by: 'operator' }, 2 * WINDOW_MS);
  await remindOfDeadline(pool, orderId, later);
  const paymentId = await payFor(pool, { orderId, ...checkout });
  await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  t.deepEqual(await eventsOf(pool, orderId), [
    '1 order.placed',
    '2 order.extended',
    '3 order.expiring',
    '4 order.paid',
  ]);

  const [placed, extended, expiring, paid] = await deliverAll(pool);
  const { readToken, traceparent, ...bought } = JSON.parse(JSON.stringify(checkout));
  const open = { status: 'placed', settledAt: null, cancelReason: null, paidReason: null, paymentId: null };
  const order = { orderId, ...bought, ...open };
  t.deepEqual(placed?.data, { ...order, expiresAt: expiresAt.toJSON() });
  const moved = { ...order, expiresAt: later.toJSON() };
  t.deepEqual(extended?.data, { ...moved, previousExpiresAt: expiresAt.toJSON(), by: 'operator' });
  t.deepEqual(expiring?.data, moved);
  const [{ settled_at: settledAt } = {}] = await rows(pool, 'SELECT settled_at FROM orders');
  t.deepEqual(paid?.data, { ...moved, status: 'paid', paymentId, settledAt: (settledAt as Date).toJSON() });
  t.deepEqual(placed?.occurredAt, checkout.createdAt);
  t.false(JSON.stringify([placed, extended, expiring, paid]).includes(readToken));
});

test('a canceled order says why, and each further cause writes nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  for (let time = 0; time < 3; time++) await settleOrder(pool, orderId, cancel);
  await settleOrder(pool, orderId, { kind: 'expired' });
  t.deepEqual(await eventsOf(pool, orderId), ['1 order.placed', '2 order.canceled']);
  t.like((await deliverAll(pool))[1]?.data, { status: 'canceled', cancelReason: 'customer-request', paymentId: null });
});

test('an order that costs nothing is placed and paid by its checkout', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, { adjustments: [{ kind: 'discount', label: 'a gift', amount: -1250 }] });
  t.deepEqual(await eventsOf(pool, orderId), ['1 order.placed', '2 order.paid']);
  t.like((await deliverAll(pool))[1]?.data, { status: 'paid', paidReason: 'nothing-to-pay', paymentId: null });
});

test('orders that end at their deadline in one batch have an event each', async (t) => {
  const { pool } = await shopDatabase(t);
  const orders = [await placeOrder(pool, { windowMs: -1 }), await placeOrder(pool, { windowMs: -1 })];
  const ids = orders.map(({ orderId }) => orderId);
  await settleExpired(pool, ids);
  await settleExpired(pool, ids);
  for (const id of ids) t.deepEqual(await eventsOf(pool, id), ['1 order.placed', '2 order.canceled']);
});

test('a repeated webhook writes no second event, also at the same moment', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, amount, currency } = await placeOrder(pool);
  const event = paymentEvent({ orderId, amount, currency });
  const { receive } = createSettlements(pool);
  await Promise.all([receive(event), receive(event), receive(event)]);
  await receive({ ...event, eventId: 'another event of the payment' });
  t.deepEqual(await eventsOf(pool, orderId), ['1 order.placed', '2 order.paid']);
});

test('two payments of an order in one transaction: paid, and a refund that says why', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, amount, currency } = await placeOrder(pool);
  const { receive } = createSettlements(pool);
  const other = await placeOrder(pool);
  // The first fills the group commit, so that the next two share a transaction.
  await Promise.all([
    receive(paymentEvent({ orderId: other.orderId, amount, currency })),
    receive(paymentEvent({ orderId, amount, currency })),
    receive(paymentEvent({ orderId, amount, currency, paymentId: 'second' })),
  ]);
  t.deepEqual(await eventsOf(pool, orderId), ['1 order.placed', '2 order.paid', '3 refund.required']);
  const refund = (await deliverAll(pool)).find(({ type }) => type === 'refund.required');
  t.like(refund?.data, { paymentId: 'second', provider: 'test', amount, currency, reason: 'order-already-paid' });
  t.like(refund?.data['order'], { orderId, status: 'paid' });
});

test('a transaction that is rolled back has no event', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await recordOrders(pool, [orderId]);
  const failing = (part: string) =>
    watchedPool(pool, {
      before: (sql) => {
        if (sql.includes(part)) throw new Error('the process ends here');
      },
    });
  await t.throwsAsync(reserve(failing('COMMIT'), [checkoutRequest()], WINDOW_MS));
  await t.throwsAsync(settleOrder(failing('COMMIT'), orderId, cancel));
  t.is(await count(pool, 'events'), 1);
  await settleOrder(pool, orderId, cancel);
  t.deepEqual(await eventsOf(pool, orderId), ['1 order.placed', '2 order.canceled']);
});

test('a batch of checkouts and a batch of settlements write their events together with their other rows', async (t) => {
  const { pool } = await shopDatabase(t);
  const statements: string[] = [];
  const watched = watchedPool(pool, { statements });
  await reserve(watched, [checkoutRequest(), checkoutRequest()], WINDOW_MS);
  const writing = statements.filter((sql) => sql.includes('INSERT INTO events'));
  t.is(writing.length, 1);
  t.true(writing[0]?.includes('INSERT INTO checkouts'));
  const [{ order_id: orderId } = {}] = await rows(pool, 'SELECT order_id FROM checkouts');
  statements.length = 0;
  await settleOrder(watched, String(orderId), cancel);
  const ending = statements.filter(
    (sql) => sql.includes('INSERT INTO events') && sql.includes('order.canceled') === false,
  );
  t.true(ending.some((sql) => sql.includes("SET status = 'canceled'")));
});

test('a number is given once, also where two transactions believe that it is free', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await recordOrders(pool, [orderId]);
  const insert = (id: string) =>
    inTransaction(pool, (transaction) => insertOrderEvents(transaction, [{ type: 'order.expiring', orderId: id }]));
  await insert(orderId);
  await pool.query('UPDATE orders SET event_count = 1');
  await t.throwsAsync(insert(orderId), { code: 'ER_DUP_ENTRY' });
  await t.throwsAsync(insert('00000000-0000-7000-8000-000000000000'), {
    message: /is not recorded, and has no order.expiring$/,
  });
});
