import test from 'ava';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { decidePayments, findWaitingPayments } from '../../src/db/payments/payment-rows.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { count, placeOrder, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { payFor } from './payment-events.js';
import { watchedPool } from './watched-pool.js';

/** Each guard of the settlement alone, with the guards before it switched off: each guard is enough. */

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

test('an order that ended between the decision and its write is not ended again, and nothing of the settlement stays', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  await recordOrders(pool, [checkout.orderId]);
  const paymentId = await payFor(pool, checkout);
  const overtaken = watchedPool(pool, {
    before: async (sql, connection) => {
      if (!sql.includes("SET o.status = 'paid'")) return;
      await connection.query("UPDATE orders SET status = 'canceled', cancel_reason = 'operator-request'");
    },
  });
  const settlement = settleOrder(overtaken, checkout.orderId, { kind: 'payment', paymentId });
  await t.throwsAsync(settlement, { message: /^not each of these orders was placed when it was to be paid: / });
  t.like(await findPayment(pool, paymentId), { status: 'received' });
  t.like((await rows(pool, 'SELECT * FROM orders'))[0], { status: 'placed' });
});

test('an order that ended between the decision and its cancel is not ended again, and nothing of the settlement stays', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await recordOrders(pool, [orderId]);
  const overtaken = watchedPool(pool, {
    before: async (sql, connection) => {
      if (!sql.includes("SET status = 'canceled', cancel_reason = ?")) return;
      await connection.query("UPDATE orders SET status = 'paid'");
    },
  });
  await t.throwsAsync(settleOrder(overtaken, orderId, cancel), {
    message: /^not each of these orders was placed when it was to be canceled: /,
  });
  t.like((await rows(pool, 'SELECT * FROM orders'))[0], { status: 'placed' });
});

test('stock that is not reserved is not moved, also where the table has no check', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await pool.query('ALTER TABLE products DROP CONSTRAINT stock_never_negative');
  await pool.query('UPDATE products SET reserved = 0, available = 10');
  t.is((await settleOrder(pool, orderId, cancel)).order.status, 'canceled');
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.like(await rows(pool, 'SELECT order_id, cause FROM stock_discrepancies'), [
    { order_id: orderId, cause: 'not-reserved' },
  ]);
});

test('an order whose stock has moved is not ended, whatever its status', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await recordOrders(pool, [orderId]);
  await pool.query("INSERT INTO stock_movements (order_id, kind, moved_at) VALUES (?, 'released', NOW())", [orderId]);
  await t.throwsAsync(settleOrder(pool, orderId, cancel), { code: 'ER_DUP_ENTRY' });
  t.like((await rows(pool, 'SELECT * FROM orders'))[0], { status: 'placed', settled_at: null });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
});

test('a payment is decided once, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await payFor(pool, await placeOrder(pool));
  await decidePayments(pool, { accepted: [], refunds: [{ paymentId, reason: 'amount-mismatch' }] });
  await t.throwsAsync(decidePayments(pool, { accepted: [paymentId], refunds: [] }), {
    message: `decided already, among payments ${paymentId}`,
  });
  t.like(await findPayment(pool, paymentId), { status: 'refund_required', refundReason: 'amount-mismatch' });
});

test("the waiting payment is the order's own, undecided and of its price", async (t) => {
  const { pool } = await shopDatabase(t);
  const [checkout, other] = [await placeOrder(pool), await placeOrder(pool)];
  for (const wrong of [{ orderId: other.orderId }, { amount: 1249 }, { currency: 'USD' }]) {
    await payFor(pool, checkout, wrong);
  }
  const decided = { paymentId: await payFor(pool, checkout), reason: 'order-canceled' as const };
  await decidePayments(pool, { accepted: [], refunds: [decided] });
  await recordOrders(pool, [checkout.orderId]);
  t.deepEqual(await findWaitingPayments(pool, [checkout.orderId]), []);
  const paymentId = await payFor(pool, checkout);
  t.deepEqual(await findWaitingPayments(pool, [checkout.orderId]), [paymentId]);
});

test('an order and its payment are locked before a decision', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout);
  const statements: string[] = [];
  await settleOrder(watchedPool(pool, { statements }), checkout.orderId, { kind: 'payment', paymentId });
  const lock = (table: string) => statements.findIndex((sql) => new RegExp(`FROM ${table} [^]*FOR UPDATE`).test(sql));
  const [decided] = statements.flatMap((sql, index) => (/^\s*UPDATE/.test(sql) ? [index] : []));
  for (const table of ['orders', 'payments']) t.true(lock(table) >= 0 && lock(table) < Number(decided), table);
});

test('an end and a decision have a time, and an undecided payment has no time', async (t) => {
  const { pool } = await shopDatabase(t);
  const [checkout, other] = [await placeOrder(pool), await placeOrder(pool)];
  await recordOrders(pool, [other.orderId]);
  const [paymentId, undecided] = [await payFor(pool, checkout), await payFor(pool, other)];
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  const late = await payFor(pool, checkout);
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: late });
  const ends = await rows(pool, 'SELECT order_id FROM orders WHERE settled_at IS NOT NULL');
  t.deepEqual(ends, [{ order_id: checkout.orderId }]);
  const decided = await rows(pool, 'SELECT payment_id FROM payments WHERE decided_at IS NOT NULL ORDER BY payment_id');
  t.deepEqual(decided.map(({ payment_id: id }) => id).sort(), [paymentId, late].sort());
  t.like(await findPayment(pool, undecided), { status: 'received' });
  t.is(await count(pool, 'stock_movements'), 1);
});
