import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { findPayment, storeEvent } from '../../src/db/payments/payments.js';
import type { PaymentEvent } from '../../src/domain/payment.js';
import { openPool, placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { payFor, paymentEvent } from './payment-events.js';
import { watchedPool } from './watched-pool.js';

/** Settlements that come at the same time share a transaction. */

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const expired = { kind: 'expired' } as const;

/** A shop with a cup, a mug and a pot, the settlements of one process, and the statements that they send. */
async function shop(t: ExecutionContext) {
  const products = ['cup', 'mug', 'pot'].map((sku) => product({ sku, stock: 100 }));
  const { pool, url } = await shopDatabase(t, products);
  const statements: string[] = [];
  const { settle } = createSettlements(watchedPool(openPool(t, url), { statements }));
  const order = (...skus: string[]) => placeOrder(pool, { lines: skus.map((sku) => ({ sku, quantity: 1 })) });
  const orders = (count: number, ...skus: string[]) => Promise.all(Array.from({ length: count }, () => order(...skus)));
  return { pool, settle, statements, order, orders };
}

test('settlements that come at the same time share one transaction and one UPDATE of stock', async (t) => {
  const { pool, settle, statements, orders } = await shop(t);
  const [first, ...others] = await orders(20, 'cup', 'mug');
  const causes = await Promise.all(
    others.map(async (checkout, index) =>
      index % 2 === 0 ? cancel : { kind: 'payment' as const, paymentId: await payFor(pool, checkout) },
    ),
  );
  const settled = await Promise.all([
    settle(String(first?.orderId), cancel),
    ...others.map(({ orderId }, index) => settle(orderId, causes[index] ?? cancel)),
  ]);
  t.is(settled.filter(({ order }) => order.status === 'paid').length, 9);
  // The first settlement starts at once, and the others wait for it.
  t.is(statements.filter((sql) => sql === 'COMMIT').length, 2);
  t.is(statements.filter((sql) => sql.includes('ORDER BY order_id FOR UPDATE')).length, 4, 'locked, recorded, locked');
  t.is(statements.filter((sql) => sql.includes('STRAIGHT_JOIN products')).length, 2);
  for (const sku of ['cup', 'mug']) t.deepEqual(await stockOf(pool, sku), { available: 91, reserved: 0, sold: 9 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('causes of one order in one transaction are decided in the sequence in which they came', async (t) => {
  const { pool, settle, order } = await shop(t);
  const [one, other, checkout] = [await order('pot'), await order('pot'), await order('mug')];
  const [first, second] = [await payFor(pool, checkout), await payFor(pool, checkout)];
  const [, , paid, late, canceled, again] = await Promise.all([
    settle(one.orderId, cancel),
    settle(other.orderId, cancel),
    settle(checkout.orderId, { kind: 'payment', paymentId: first }),
    settle(checkout.orderId, { kind: 'payment', paymentId: second }),
    settle(checkout.orderId, cancel),
    settle(checkout.orderId, { kind: 'payment', paymentId: second }),
  ]);
  t.like(paid, { order: { status: 'paid', paymentId: first }, refund: null });
  for (const refused of [late, again]) {
    t.like(refused, { order: { status: 'paid' }, refund: { paymentId: second, reason: 'order-already-paid' } });
  }
  t.like(canceled, { order: { status: 'paid' }, refund: null });
  t.like(await findPayment(pool, second), { status: 'refund_required', refundReason: 'order-already-paid' });
  t.deepEqual(await stockOf(pool), { available: 99, reserved: 0, sold: 1 });
});

test('each order accepts its own stored payment at its deadline, the oldest with its price', async (t) => {
  const { pool, settle, order } = await shop(t);
  const [busy, alsoBusy] = [await order('pot'), await order('pot')];
  const late = () => placeOrder(pool, { windowMs: -1_000, lines: [{ sku: 'mug', quantity: 1 }] });
  const [one, other, unpaid] = [await late(), await late(), await late()];
  await payFor(pool, one, { amount: 1 });
  const [paysOne, extra, paysOther] = [await payFor(pool, one), await payFor(pool, one), await payFor(pool, other)];
  const [, , ...settled] = await Promise.all([
    settle(busy.orderId, cancel),
    settle(alsoBusy.orderId, cancel),
    ...[one, other, unpaid].map(({ orderId }) => settle(orderId, expired)),
  ]);
  t.deepEqual(
    settled.map(({ order: { status, paymentId } }) => [status, paymentId]),
    [
      ['paid', paysOne],
      ['paid', paysOther],
      ['canceled', null],
    ],
  );
  t.like(await findPayment(pool, extra), { status: 'received' });
});

test('an unknown order and an order that cannot be settled reject only their own settlements', async (t) => {
  const { pool, settle, order, orders } = await shop(t);
  const [busy, ...good] = await orders(8, 'mug');
  const spoiled = await order('cup');
  await settle(String(busy?.orderId), expired);
  await pool.query("INSERT INTO stock_movements VALUES (?, 'released', UTC_TIMESTAMP(3))", [busy?.orderId]);
  const outcomes = await Promise.all([
    ...good.map(({ orderId }) => settle(orderId, cancel).then(({ order: { status } }) => status)),
    settle('nobody', cancel).catch(({ code }) => code),
    settle(String(busy?.orderId), cancel).catch(({ code }) => code),
    settle(spoiled.orderId, cancel).then(({ order: { status } }) => status),
  ]);
  t.deepEqual(outcomes, [...good.map(() => 'canceled'), 'order-unknown', 'ER_DUP_ENTRY', 'canceled']);
});

test('orders of stock that another transaction has locked are rejected, and the other orders of the batch end', async (t) => {
  const { pool, settle, statements, orders } = await shop(t);
  const [busy, ...free] = await orders(5, 'cup');
  const held = await orders(3, 'cup', 'mug');
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query("SELECT sku FROM products WHERE sku = 'mug' FOR UPDATE");
  const outcome = ({ orderId }: { orderId: string }) =>
    settle(orderId, cancel).then(
      ({ order: { status } }) => status,
      ({ code }) => code,
    );
  const outcomes = await Promise.all([...(busy ? [busy] : []), ...held, ...free].map(outcome));
  const refused = held.map(() => 'dependency-unavailable');
  t.deepEqual(outcomes, ['canceled', ...refused, ...free.map(() => 'canceled')]);
  const before = statements.length;
  t.deepEqual(await Promise.all(held.map(outcome)), refused);
  t.is(statements.length, before, 'a held SKU is not waited for again');
  await other.query('COMMIT');
  t.deepEqual(await stockOf(pool, 'cup'), { available: 97, reserved: 3, sold: 0 });
  for (const { orderId } of held) t.is((await settle(orderId, cancel)).order.status, 'canceled');
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an event of an order that another transaction has locked is stored alone, and the other orders are paid', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 100 })]);
  const statements: string[] = [];
  const { receive } = createSettlements(watchedPool(openPool(t, url), { statements }));
  const [busy, locked, ...free] = await Promise.all(Array.from({ length: 10 }, () => placeOrder(pool)));
  await recordOrders(pool, [String(locked?.orderId)]);
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query('SELECT order_id FROM orders WHERE order_id = ? FOR UPDATE', [locked?.orderId]);
  const events = [busy, locked, ...free].map((order) => paymentEvent({ ...order }));
  t.true((await Promise.all(events.map(receive))).every(({ as }) => as === 'stored'));
  t.is(
    statements.filter((sql) => sql === 'START TRANSACTION').length,
    4,
    'one for busy, a lock wait, free, and locked',
  );
  await other.query('COMMIT');
  t.deepEqual(await rows(pool, 'SELECT status, COUNT(*) AS count FROM payments GROUP BY status ORDER BY status'), [
    { status: 'received', count: 1 },
    { status: 'accepted', count: 9 },
  ]);
  t.deepEqual(await stockOf(pool), { available: 90, reserved: 1, sold: 9 });
});

test('a product that was deleted by hand causes a discrepancy of its own order, and of no other order', async (t) => {
  const { pool, settle, orders } = await shop(t);
  const [busy, ...good] = await orders(4, 'mug');
  const [lost] = await orders(1, 'mug', 'pot');
  await pool.query('DELETE FROM products_in_use');
  await pool.query("DELETE FROM products WHERE sku = 'pot'");
  const all = [busy, ...good, lost].map((checkout) => settle(String(checkout?.orderId), cancel));
  t.deepEqual(new Set((await Promise.all(all)).map(({ order }) => order.status)), new Set(['canceled']));
  t.deepEqual(await stockOf(pool), { available: 100, reserved: 0, sold: 0 });
  t.like(await rows(pool, 'SELECT order_id, sku, cause FROM stock_discrepancies'), [
    { order_id: lost?.orderId, sku: 'pot', cause: 'product-missing' },
  ]);
});

test('a commit whose reply is lost ends each order of the batch once', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkouts = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  let kills = 0;
  const watched = watchedPool(pool, {
    before: async (sql, connection) => {
      if (sql !== 'COMMIT' || kills++ > 1) return;
      await connection.query('COMMIT');
      connection.destroy();
    },
  });
  const { settle } = createSettlements(watched);
  const settled = await Promise.all(checkouts.map(({ orderId }) => settle(orderId, cancel)));
  t.deepEqual(
    settled.map(({ order }) => order.status),
    ['canceled', 'canceled', 'canceled'],
  );
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an event is stored and its order is settled in one transaction, and a repeated event changes nothing', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const statements: string[] = [];
  const { receive } = createSettlements(watchedPool(openPool(t, url), { statements }));
  const checkout = await placeOrder(pool);
  const event = paymentEvent({ ...checkout });
  t.deepEqual(await receive(event), { as: 'stored', paymentId: event.paymentId });
  t.is(statements.filter((sql) => sql === 'COMMIT').length, 1);
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted' });
  t.deepEqual(await receive(event), { as: 'repeated' });
  t.like(await rows(pool, 'SELECT status, payment_id FROM orders'), [{ status: 'paid', payment_id: event.paymentId }]);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('events that come at the same time are each decided alone: new, repeated, failed, late, unplaced and conflicting', async (t) => {
  const { pool } = await shopDatabase(t);
  const { receive, settle } = createSettlements(pool);
  const [checkout, other] = [await placeOrder(pool), await placeOrder(pool)];
  await settle(other.orderId, cancel);
  const [event, late] = [paymentEvent({ ...checkout }), paymentEvent({ ...other })];
  const conflicting = { ...event, bodySha256: Buffer.alloc(32) };
  const nobody = paymentEvent();
  const events = [
    paymentEvent({ ...checkout, type: 'payment.failed' }),
    event,
    event,
    conflicting,
    late,
    nobody,
    paymentEvent({ ...checkout }),
    paymentEvent({ byReference: true }),
  ];
  const outcomes = await Promise.all(
    events.map((one) =>
      receive(one).then(
        ({ as }) => as as string,
        ({ code }) => code as string,
      ),
    ),
  );
  t.deepEqual(outcomes, ['stored', 'stored', 'repeated', 'event-conflict', 'stored', 'unplaced', 'stored', 'foreign']);
  t.like(await rows(pool, 'SELECT status FROM payments ORDER BY status'), [
    { status: 'accepted' },
    { status: 'refund_required' },
    { status: 'refund_required' },
    { status: 'unplaced' },
  ]);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
});

test('an event settles the order that its payment belongs to, where the event names another order', async (t) => {
  const { pool } = await shopDatabase(t);
  const { receive } = createSettlements(pool);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout, { orderId: 'the-customer' });
  await storeEvent(pool, paymentEvent({ paymentId, orderId: checkout.orderId }));
  t.like(await findPayment(pool, paymentId), { status: 'received', orderId: checkout.orderId });
  t.is((await receive(paymentEvent({ paymentId, orderId: 'the-customer' }))).as, 'stored');
  t.like(await findPayment(pool, paymentId), { status: 'accepted' });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
});

test('new events of a group are stored by two statements, and a group with a known event is stored one by one', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 100 })]);
  const statements: string[] = [];
  const { receive } = createSettlements(watchedPool(openPool(t, url), { statements }));
  const orders = await Promise.all(Array.from({ length: 21 }, () => placeOrder(pool)));
  const events = orders.map((order) => paymentEvent({ ...order }));
  const sent = () => statements.splice(0).flatMap((sql) => sql.split(';\n'));
  const inserts = () => sent().filter((sql) => sql.includes('INSERT INTO payment')).length;
  const outcomes = await Promise.all(events.slice(0, 20).map(receive));
  t.true(outcomes.every(({ as }) => as === 'stored'));
  t.is(inserts(), 4, 'two for the first event, which does not wait, and two for the others');
  const again = await Promise.all([events[0], events[20], events[1]].map((event) => receive(event as PaymentEvent)));
  t.deepEqual(
    again.map(({ as }) => as),
    ['repeated', 'stored', 'repeated'],
  );
  t.deepEqual(await stockOf(pool), { available: 79, reserved: 0, sold: 21 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an event whose order cannot be settled now is stored, and the repeated event settles the order', async (t) => {
  const { pool } = await shopDatabase(t);
  const { receive, settle } = createSettlements(pool);
  const [held, spoiled] = [await placeOrder(pool), await placeOrder(pool)];
  await settle(spoiled.orderId, expired);
  await pool.query("INSERT INTO stock_movements VALUES (?, 'released', UTC_TIMESTAMP(3))", [spoiled.orderId]);
  const broken = paymentEvent({ ...spoiled });
  t.deepEqual(await receive(broken), { as: 'stored' });
  t.like(await findPayment(pool, broken.paymentId), { status: 'received' });

  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query('SELECT sku FROM products FOR UPDATE');
  const event = paymentEvent({ ...held });
  t.deepEqual(await receive(event), { as: 'stored' });
  t.like(await findPayment(pool, event.paymentId), { status: 'received' });
  await other.query('COMMIT');
  t.is((await receive(event)).as, 'repeated');
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted' });
});

test('a database that does not answer rejects the waiting settlements too, after one time limit', async (t) => {
  const { pool } = await shopDatabase(t);
  const orders = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  let transactions = 0;
  const silent = watchedPool(pool, {
    before: async (sql) => {
      if (sql !== 'START TRANSACTION') return;
      transactions++;
      throw Object.assign(new Error('no answer'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true });
    },
  });
  const { settle } = createSettlements(silent);
  const outcomes = await Promise.all(orders.map(({ orderId }) => settle(orderId, cancel).catch(({ code }) => code)));
  t.deepEqual(outcomes, Array(3).fill('dependency-unavailable'));
  t.is(transactions, 1);
});
