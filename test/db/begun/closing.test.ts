import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { createExpirySweep } from '../../../src/db/orders/expiry-sweep.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { storeEvent } from '../../../src/db/payments/payments.js';
import { addProducts } from '../../../src/db/products.js';
import { unavailable } from '../../../src/domain/errors.js';
import { createStripeProvider } from '../../../src/payments/stripe-provider.js';
import {
  begunRows,
  CLOSE_WITHIN_MS,
  createDesk,
  makeAllDue,
  passDeadline,
  startProvider,
} from '../../helpers/begun.js';
import { checkoutRequest, openPool, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { startStripe } from '../../helpers/stripe-server.js';
import { paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

/** The deadline and the payments that were begun: an order keeps its stock until no customer can pay it any more. */

const expired = { kind: 'expired' } as const;
const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const provider = await startProvider(t);
  const desk = createDesk(pool, [provider.provider]);
  const status = async (orderId: string) =>
    (await rows(pool, 'SELECT status FROM orders WHERE order_id = ?', [orderId]))[0]?.['status'];
  const sweep = createExpirySweep({ pool, byMs: 0, now: Date.now, log: pino({ level: 'silent' }) });
  return { pool, databaseUrl: url, ...provider, desk, status, endOverdue: () => sweep() };
}

/** From the question without an answer to the end in any case, in milliseconds; null before that question. */
const waitOf = async (pool: Pool, orderId: string): Promise<unknown> => {
  const [row] = await rows(
    pool,
    'SELECT close_payments_ms AS ms, close_payments_by AS closeBy FROM orders WHERE order_id = ?',
    [orderId],
  );
  return row?.['closeBy'] === null ? null : row?.['ms'];
};

const passWait = (pool: Pool) =>
  pool.query('UPDATE orders SET close_payments_by = UTC_TIMESTAMP(3) WHERE close_payments_by IS NOT NULL');

test('an order with a begun payment keeps its stock at its deadline until the payment is closed', async (t) => {
  const { pool, desk, payments, status, endOverdue } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'placed' } }, 'before the deadline');
  await passDeadline(pool, orderId);
  const { order } = await settleOrder(pool, orderId, expired);
  t.is(order.status, 'placed');
  t.true(order.closingForMs !== null && order.closingForMs > 0 && order.closingForMs <= CLOSE_WITHIN_MS);
  t.is(await endOverdue(), 0);
  t.like(await settleOrder(pool, orderId, { kind: 'cancel', reason: 'legacy-timeout' }), {
    order: { status: 'placed' },
  });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);

  t.deepEqual(await desk.closeOf(orderId), { closed: 1, paid: 0, processing: 0 });
  t.like(await payments(), [{ paymentId: reference, status: 'canceled' }]);
  t.is(await endOverdue(), 1);
  t.is(await status(orderId), 'canceled');
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.deepEqual(await begunRows(pool), [{ state: 'closed', reference, isOpen: null, paymentId: null }]);
  t.deepEqual(await desk.closeOf(orderId), { closed: 0, paid: 0, processing: 0 });
});

test('a payment that turns out to be paid at the deadline pays its order', async (t) => {
  const { pool, desk, pay } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  await pay(reference);
  await passDeadline(pool, orderId);
  t.deepEqual(await desk.closeOf(orderId), { closed: 0, paid: 1, processing: 0 });
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'paid', paymentId: reference } });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.deepEqual(await begunRows(pool), [{ state: 'paid', reference, isOpen: null, paymentId: reference }]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a provider that does not answer delays the end by the bounded time, and what was paid goes back later', async (t) => {
  const { pool, desk, fault, pay, status, endOverdue } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  await pay(reference);
  await fault({ cancel: { failNext: 2 } });
  await passDeadline(pool, orderId);
  await t.throwsAsync(desk.closeOf(orderId), { code: 'dependency-unavailable' });
  t.is(await endOverdue(), 0);
  t.is(await waitOf(pool, orderId), CLOSE_WITHIN_MS);
  await passWait(pool);
  t.is(await endOverdue(), 1);
  t.is(await status(orderId), 'canceled');
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.is(await desk.sweep(), 0, 'the provider is away still');
  await makeAllDue(pool);
  t.is(await desk.sweep(), 1);
  t.like(await rows(pool, 'SELECT status, refund_reason AS reason FROM payments'), [
    { status: 'refund_required', reason: 'order-canceled' },
  ]);
  t.like(await begunRows(pool), [{ state: 'paid', paymentId: reference }]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an order whose deadline passed while every process was stopped is asked about before its end', async (t) => {
  const { pool, desk, pay, status, endOverdue } = await shop(t);
  const [{ orderId }, unpaid] = [await placeOrder(pool), await placeOrder(pool)];
  const { reference } = await desk.begun(orderId);
  await desk.begun(unpaid.orderId);
  await pay(reference);
  for (const id of [orderId, unpaid.orderId]) await passDeadline(pool, id, 10 * CLOSE_WITHIN_MS);
  t.is(await endOverdue(), 0);
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'placed', closingForMs: CLOSE_WITHIN_MS } });
  await makeAllDue(pool);
  t.is(await desk.sweep(), 2);
  t.is(await endOverdue(), 1);
  t.deepEqual([await status(orderId), await status(unpaid.orderId)], ['paid', 'canceled']);
});

test('the wait begins when the provider has not answered after the deadline, and a further question does not prolong it', async (t) => {
  const { pool, desk, fault } = await shop(t);
  const { orderId } = await placeOrder(pool);
  await desk.begun(orderId);
  await fault({ cancel: { failNext: 9 } });
  await t.throwsAsync(desk.closeOf(orderId));
  t.is(await waitOf(pool, orderId), null, 'before the deadline');
  await passDeadline(pool, orderId);
  await t.throwsAsync(desk.closeOf(orderId));
  t.is(await waitOf(pool, orderId), CLOSE_WITHIN_MS);
  await passWait(pool);
  await t.throwsAsync(desk.closeOf(orderId));
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'canceled' } });
});

test('the wait counts from the question, and a process that dies before the answer has begun no wait', async (t) => {
  const { pool, provider } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const asked: unknown[] = [];
  const close = async () => {
    asked.push(await waitOf(pool, orderId));
    await pool.query('DO SLEEP(0.05)');
    throw unavailable('the provider', new Error('no answer'));
  };
  const desk = createDesk(pool, [{ ...provider, desk: { ...provider.desk, close } }], { closeWithinMs: 40 });
  await desk.begun(orderId);
  await passDeadline(pool, orderId);
  await t.throwsAsync(desk.closeOf(orderId));
  t.deepEqual(asked, [null]);
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'canceled' } }, 'its time is over');
});

test('an error of a provider that no later try mends ends the order after its time too', async (t) => {
  const { pool, provider } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const close = async () => {
    throw new Error('what the provider says is not understood');
  };
  const desk = createDesk(pool, [{ ...provider, desk: { ...provider.desk, close } }], { closeWithinMs: 1 });
  await desk.begun(orderId);
  await passDeadline(pool, orderId);
  await t.throwsAsync(desk.closeOf(orderId));
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'canceled' } });
});

test('a provider that does not answer keeps no other provider of the same order from its question', async (t) => {
  const { pool, provider, pay, status } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const close = () => Promise.reject(unavailable('the provider', new Error('no answer')));
  // The first of the two by its name, so that its question comes first.
  const away = { ...provider, name: 'away', desk: { ...provider.desk, close } };
  const desk = createDesk(pool, [away, provider]);
  await desk.begun(orderId);
  const { reference } = await desk.begun(orderId, { provider: provider.name });
  await pay(reference);
  await passDeadline(pool, orderId);
  await t.throwsAsync(desk.closeOf(orderId), { code: 'dependency-unavailable' });
  t.is(await status(orderId), 'paid');
});

test('a provider that has not answered ten calls is asked no more in this turn, and the waits of all due orders begin', async (t) => {
  const { pool, desk, fault, payments } = await shop(t);
  await addProducts(pool, [product({ sku: 'cup', stock: 40 })]);
  const lines = [{ sku: 'cup', quantity: 1 }];
  const placed = await Promise.all(Array.from({ length: 40 }, () => placeOrder(pool, { lines })));
  for (const { orderId } of placed) {
    await desk.begun(orderId);
    await passDeadline(pool, orderId, 2_000);
  }
  await makeAllDue(pool);
  await fault({ cancel: { failNext: 20 } });
  t.is(await desk.sweep(), 0);
  t.true((await payments()).every(({ status }) => status !== 'canceled'));
  const waits = await Promise.all(placed.map(({ orderId }) => waitOf(pool, orderId)));
  t.deepEqual([...new Set(waits)], [CLOSE_WITHIN_MS]);
});

test('one call without an answer begins the wait of its own order only', async (t) => {
  const { pool, desk, fault, payments } = await shop(t);
  const placed = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  for (const { orderId } of placed) {
    await desk.begun(orderId);
    await passDeadline(pool, orderId, 2_000);
  }
  await makeAllDue(pool);
  await fault({ cancel: { failNext: 1 } });
  t.is(await desk.sweep(), 2);
  t.deepEqual((await payments()).map(({ status }) => status).toSorted(), ['canceled', 'canceled', 'open']);
  const waits = await Promise.all(placed.map(({ orderId }) => waitOf(pool, orderId)));
  t.is(waits.filter((wait) => wait !== null).length, 1);
});

test('a provider that does not answer keeps no payment of another provider from its look', async (t) => {
  const { pool, desk, provider } = await shop(t);
  await addProducts(pool, [product({ sku: 'cup', stock: 300 })]);
  const lines = [{ sku: 'cup', quantity: 1 }];
  const many = await reserve(
    pool,
    Array.from({ length: 250 }, () => checkoutRequest({ lines })),
    60_000,
  );
  await recordOrders(
    pool,
    many.flatMap((one) => (one.kind === 'reserved' ? one.checkout.orderId : [])),
  );
  await pool.query(
    `INSERT INTO begun_payments (begun_id, order_id, provider, begun_as, reference, begun_at, due_at)
     SELECT order_id, order_id, 'away', 'page', order_id, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) - INTERVAL 1 HOUR FROM orders`,
  );
  const { orderId } = await placeOrder(pool);
  await desk.begun(orderId);
  await settleOrder(pool, orderId, cancel);
  const ask = () => Promise.reject(unavailable('the provider', new Error('no answer')));
  const away = { ...provider, name: 'away', desk: { ...provider.desk, ask } };
  const both = createDesk(pool, [provider, away]);
  t.is(await both.sweep(), 0);
  t.is(await both.sweep(), 1);
});

test('an order whose begun payment was closed or refused before the deadline waits for none', async (t) => {
  const { pool, desk, status, endOverdue } = await shop(t);
  const { orderId } = await placeOrder(pool);
  await desk.begun(orderId);
  await desk.closeOf(orderId);
  await passDeadline(pool, orderId);
  t.is(await endOverdue(), 1);
  t.is(await status(orderId), 'canceled');
});

test('a deadline that is moved earlier is looked at when it has passed', async (t) => {
  const { pool, desk, payments } = await shop(t);
  const { orderId } = await placeOrder(pool);
  await desk.begun(orderId);
  const to = new Date(Date.now() + 5_000);
  t.like(await moveDeadline(pool, orderId, { to, by: 'operator' }, 3_600_000), { kind: 'moved' });
  const [row] = await rows(pool, 'SELECT due_at AS dueAt FROM begun_payments');
  t.deepEqual(row?.['dueAt'], new Date(to.getTime() + 2_000));
  t.like(await payments(), [{ status: 'open' }]);
});

test('a cancel is decided at once, and the begun payment is closed next, or goes back if it was paid meanwhile', async (t) => {
  const { pool, desk, payments, pay } = await shop(t);
  const [open, late] = [await placeOrder(pool), await placeOrder(pool)];
  await desk.begun(open.orderId);
  const { reference } = await desk.begun(late.orderId);
  for (const { orderId } of [open, late]) {
    t.like(await settleOrder(pool, orderId, cancel), { order: { status: 'canceled' } });
  }
  await pay(reference);
  t.is(await desk.sweep(), 2);
  t.deepEqual((await payments()).map(({ status }) => status).toSorted(), ['canceled', 'succeeded']);
  t.like(await rows(pool, 'SELECT payment_id AS paymentId, status FROM payments'), [
    { paymentId: reference, status: 'refund_required' },
  ]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('while Temporal is away the sweep closes the payments of overdue orders itself, two seconds after the deadline', async (t) => {
  const { pool, desk, payments, status, endOverdue } = await shop(t);
  const { orderId } = await placeOrder(pool);
  await desk.begun(orderId);
  await passDeadline(pool, orderId, 2_000);
  await makeAllDue(pool);
  t.is(await desk.sweep(), 1);
  t.like(await payments(), [{ status: 'canceled' }]);
  t.is(await endOverdue(), 1);
  t.is(await status(orderId), 'canceled');
});

test('a payment of an order that another payment has paid is closed', async (t) => {
  const { pool, desk, payments } = await shop(t);
  const { orderId, amount, currency } = await placeOrder(pool);
  await desk.begun(orderId);
  const { receive } = createSettlements(pool);
  await receive(paymentEvent({ orderId, amount, currency }));
  t.is(await desk.sweep(), 1);
  t.like(await payments(), [{ status: 'canceled' }]);
  t.like(await begunRows(pool), [{ state: 'closed' }]);
});

test('the webhook of a begun payment pays the order and ends the row in one transaction', async (t) => {
  const { pool, databaseUrl, desk } = await shop(t);
  const { orderId, amount, currency } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  const statements: string[] = [];
  const watched = watchedPool(openPool(t, databaseUrl, 1), { statements });
  const event = paymentEvent({ provider: 'standard-webhooks', paymentId: reference, orderId, amount, currency });
  t.like(await createSettlements(watched).receive(event), { as: 'stored' });
  t.deepEqual(await begunRows(pool), [{ state: 'paid', reference, isOpen: null, paymentId: reference }]);
  const [first, last] = ['START TRANSACTION', 'COMMIT'].map((one) => statements.indexOf(one));
  t.true(statements.findIndex((sql) => sql.includes('UPDATE begun_payments')) > (first ?? -1));
  t.is(last, statements.length - 1);
  t.is(statements.filter((sql) => sql === 'COMMIT').length, 1);
});

test('an order without a begun payment ends by as many statements as before', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await passDeadline(pool, orderId);
  const statements: string[] = [];
  const log = pino({ level: 'silent' });
  const watched = watchedPool(openPool(t, url, 1), { statements });
  t.is(await createExpirySweep({ pool: watched, byMs: 0, now: Date.now, log })(), 1);
  t.deepEqual(
    statements.filter((sql) => sql.includes('begun_payments') && !sql.includes('FROM orders')),
    [],
  );
});

test('processes that close at the same time close once, and an order ends once', async (t) => {
  const { pool, databaseUrl, provider, payments, status } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const first = createDesk(pool, [provider]);
  await first.begun(orderId);
  await passDeadline(pool, orderId, 2_000);
  await makeAllDue(pool);
  const others = [1, 2, 3].map(() => createDesk(openPool(t, databaseUrl), [provider]));
  await Promise.all([first.closeOf(orderId), ...others.flatMap((one) => [one.closeOf(orderId), one.sweep()])]);
  t.like(await payments(), { length: 1, 0: { status: 'canceled' } });
  await settleOrder(pool, orderId, expired);
  t.is(await status(orderId), 'canceled');
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a deadline that was moved while payments were closed keeps the order open, and its next deadline waits again', async (t) => {
  const { pool, desk, status } = await shop(t);
  const { orderId, expiresAt } = await placeOrder(pool);
  await desk.begun(orderId);
  const later = new Date(expiresAt.getTime() + 60_000);
  t.like(await moveDeadline(pool, orderId, { to: later, by: 'operator' }, 3_600_000), { kind: 'moved' });
  await desk.closeOf(orderId);
  const again = await desk.begun(orderId);
  t.false(again.replayed);
  await passDeadline(pool, orderId);
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'placed' } });
  await desk.closeOf(orderId);
  await settleOrder(pool, orderId, expired);
  t.is(await status(orderId), 'canceled');
});

test('a payment that waits for a bank does not hold the stock, and is looked at until the bank has decided', async (t) => {
  const { pool } = await shopDatabase(t);
  const server = await startStripe();
  t.teardown(server.close);
  const desk = createDesk(pool, [createStripeProvider({ secretKey: 'sk_test_1', url: server.url })]);
  const { orderId } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  server.payments.pay(reference, 'processing');
  t.deepEqual(await desk.begin({ orderId }), { kind: 'processing' });
  await passDeadline(pool, orderId);
  t.deepEqual(await desk.closeOf(orderId), { closed: 0, paid: 0, processing: 1 });
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'canceled' } });
  t.is(await desk.sweep(), 0);
  server.payments.pay(reference);
  await makeAllDue(pool);
  t.is(await desk.sweep(), 1);
  t.like(await rows(pool, 'SELECT status FROM payments'), [{ status: 'refund_required' }]);
});

test('money that no webhook reports is found while the order is open, and the late webhook changes nothing', async (t) => {
  const { pool, desk, pay, status } = await shop(t);
  const { orderId, amount, currency } = await placeOrder(pool);
  const { reference } = await desk.begun(orderId);
  t.is(await desk.sweep(), 0, 'its time has not come');
  await makeAllDue(pool);
  t.is(await desk.sweep(), 0);
  await pay(reference);
  t.is(await desk.sweep(), 0, 'the next look is later');
  await makeAllDue(pool);
  t.is(await desk.sweep(), 1);
  t.is(await status(orderId), 'paid');
  const late = paymentEvent({ provider: 'standard-webhooks', paymentId: reference, orderId, amount, currency });
  t.is(await storeEvent(pool, late), 'stored');
  t.like(await createSettlements(pool).receive(late), { as: 'repeated' });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.is((await rows(pool, 'SELECT 1 FROM payments')).length, 1);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a payment at a provider that is not configured any more waits, and delays no other one', async (t) => {
  const { pool, desk, provider } = await shop(t);
  const [first, second] = [await placeOrder(pool), await placeOrder(pool)];
  const other = createDesk(pool, [{ ...provider, name: 'another' }]);
  await other.begun(first.orderId);
  await desk.begun(second.orderId);
  for (const { orderId } of [first, second]) await settleOrder(pool, orderId, cancel);
  t.is(await desk.sweep(), 1);
  t.deepEqual((await begunRows(pool)).map(({ state }) => state).toSorted(), ['begun', 'closed']);
});
