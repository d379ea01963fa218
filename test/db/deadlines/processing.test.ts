import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import type { PaymentEvent } from '../../../src/domain/payment.js';
import { placeOrder, rows, shopDatabase, WINDOW_MS } from '../../helpers/database.js';
import { paymentEvent } from '../payment-events.js';

/** A payment that its provider is processing moves the deadline of its order, once. */

const DAY = 24 * 60 * 60_000;
const MOST_MS = 30 * DAY;

async function shop(t: ExecutionContext, { byMs = 7 * DAY, mostMs = MOST_MS } = {}) {
  const { pool } = await shopDatabase(t);
  const { receive, settle } = createSettlements(pool, { processing: { byMs, mostMs } });
  const order = await placeOrder(pool);
  const { orderId, amount, currency } = order;
  const processing = (more: Partial<PaymentEvent> = {}) =>
    paymentEvent({ type: 'payment.processing', orderId, amount, currency, ...more });
  const deadlines = () => rows(pool, 'SELECT expires_at AS at FROM orders UNION ALL SELECT expires_at FROM checkouts');
  const events = async () => (await rows(pool, "SELECT data FROM events WHERE type = 'order.extended'")).length;
  return { pool, order, processing, receive, settle, deadlines, events };
}

test('a payment in processing moves the deadline in the transaction that stores its event, once for each order', async (t) => {
  const { pool, order, processing, receive, deadlines, events } = await shop(t);
  const { orderId } = order;
  const expiresAt = new Date(order.expiresAt.getTime() + 7 * DAY);
  const first = processing();
  t.deepEqual(await receive(first), { as: 'stored', moved: { orderId, expiresAt } });
  t.deepEqual(await receive(first), { as: 'repeated' });
  t.deepEqual(await receive(processing()), { as: 'stored' });
  t.deepEqual(await deadlines(), [{ at: expiresAt }, { at: expiresAt }]);
  t.is(await events(), 1);
  t.deepEqual(await rows(pool, 'SELECT 1 FROM payments'), []);
  t.deepEqual(await auditDatabase(pool, 1), []);
});

test('many events of one order at once move its deadline once', async (t) => {
  const { order, processing, receive, deadlines, events } = await shop(t);
  const stored = await Promise.all(Array.from({ length: 20 }, () => receive(processing())));
  t.is(stored.filter(({ moved }) => moved !== undefined).length, 1);
  t.deepEqual((await deadlines())[0], { at: new Date(order.expiresAt.getTime() + 7 * DAY) });
  t.is(await events(), 1);
});

test('the deadline stays within the greatest window, also where this was larger at the checkout', async (t) => {
  const { order, processing, receive, deadlines } = await shop(t, { mostMs: 2 * WINDOW_MS });
  const latest = new Date(order.createdAt.getTime() + 2 * WINDOW_MS);
  t.like(await receive(processing()), { moved: { expiresAt: latest } });
  t.deepEqual((await deadlines())[0], { at: latest });
  const smaller = await shop(t, { mostMs: WINDOW_MS / 2 });
  t.deepEqual(await smaller.receive(smaller.processing()), { as: 'stored' });
  t.deepEqual((await smaller.deadlines())[0], { at: smaller.order.expiresAt });
});

test('another amount, another currency, an unknown order and an order that has ended are stored and move nothing', async (t) => {
  const { pool, order, processing, receive, deadlines, events } = await shop(t);
  const late = await placeOrder(pool, { windowMs: -1 });
  for (const wrong of [
    processing({ amount: order.amount - 1 }),
    processing({ currency: 'USD' }),
    processing({ orderId: randomUUID() }),
    processing({ orderId: late.orderId }),
  ]) {
    t.deepEqual(await receive(wrong), { as: 'stored' });
  }
  await settleOrder(pool, order.orderId, { kind: 'cancel', reason: 'customer-request' });
  t.deepEqual(await receive(processing()), { as: 'stored' });
  t.is(await events(), 0);
  t.is((await rows(pool, 'SELECT 1 FROM payment_events')).length, 5);
  t.true((await deadlines()).some(({ at }) => (at as Date).getTime() === order.expiresAt.getTime()));
});

test('the same id with another body is refused, and moves nothing', async (t) => {
  const { processing, receive, events } = await shop(t);
  const first = processing();
  await receive({ ...first, amount: 1 });
  await t.throwsAsync(receive({ ...processing(), eventId: first.eventId, bodySha256: Buffer.alloc(32) }), {
    code: 'event-conflict',
  });
  t.is(await events(), 0);
});

test('a deadline moves also while another transaction holds the stock of the order', async (t) => {
  const { pool, processing, receive, settle, order } = await shop(t);
  const holder = await pool.getConnection();
  await holder.query('START TRANSACTION');
  await holder.query("SELECT 1 FROM products WHERE sku = 'mug' FOR UPDATE");
  const cancel = settle(order.orderId, { kind: 'cancel', reason: 'customer-request' }).catch((error: unknown) => error);
  const stored = await receive(processing());
  t.true(stored.moved !== undefined);
  await holder.query('ROLLBACK');
  holder.release();
  await cancel;
});

test('a payment that succeeds after its processing pays the order before the new deadline', async (t) => {
  const { order, processing, receive, settle } = await shop(t);
  await receive(processing({ paymentId: 'pay-debit' }));
  const { orderId, amount, currency } = order;
  await receive(paymentEvent({ paymentId: 'pay-debit', orderId, amount, currency }));
  const { order: settled } = await settle(orderId, { kind: 'expired' });
  t.like(settled, { status: 'paid', paymentId: 'pay-debit' });
});
