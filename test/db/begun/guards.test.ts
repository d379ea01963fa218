import test, { type ExecutionContext } from 'ava';
import { dueBegun, endWait, startWait, takeLook } from '../../../src/db/begun/due.js';
import { markClosed, markRefused } from '../../../src/db/begun/outcomes.js';
import { settleExpired } from '../../../src/db/orders/expired-batch.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import {
  begunRows,
  CLOSE_WITHIN_MS,
  createDesk,
  makeAllDue,
  passDeadline,
  startProvider,
} from '../../helpers/begun.js';
import { placeOrder, rows, shopDatabase } from '../../helpers/database.js';
import { paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

/** Each guarded statement alone, without the code that comes before it. */

async function begunPayment(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const { provider } = await startProvider(t);
  const order = await placeOrder(pool);
  const { reference } = await createDesk(pool, [provider]).begun(order.orderId);
  const [row] = await rows(pool, 'SELECT begun_id AS begunId FROM begun_payments');
  return { pool, order, reference, begunId: String(row?.['begunId']), name: provider.name, ...createSettlements(pool) };
}

test('a payment that is paid stays paid, whoever says that it is closed', async (t) => {
  const { pool, order, reference, begunId, name, receive } = await begunPayment(t);
  const { orderId, amount, currency } = order;
  await receive(paymentEvent({ provider: name, paymentId: reference, orderId, amount, currency }));
  await markClosed(pool, { begunId });
  t.like(await begunRows(pool), [{ state: 'paid', paymentId: reference }]);
});

test('a payment that has begun is not refused, whoever says so', async (t) => {
  const { pool, begunId } = await begunPayment(t);
  await markRefused(pool, { begunId }, 'too small');
  t.like(await begunRows(pool), [{ state: 'begun' }]);
});

test('an event ends no begun payment of another order or provider', async (t) => {
  const { pool, order, begunId, name, receive } = await begunPayment(t);
  const { provider } = await startProvider(t);
  const other = await placeOrder(pool);
  await createDesk(pool, [provider]).begun(other.orderId);
  const { amount, currency } = other;
  await receive(paymentEvent({ provider: name, orderId: other.orderId, amount, currency, begunId }));
  await receive(paymentEvent({ provider: 'another', orderId: order.orderId, amount: 1, currency, begunId }));
  t.deepEqual(
    (await begunRows(pool)).map(({ state }) => state),
    ['begun', 'begun'],
  );
});

test('of two processes that saw the same payment, one looks at it', async (t) => {
  const { pool } = await begunPayment(t);
  await makeAllDue(pool);
  const [[one], [other]] = [await dueBegun(pool, 1), await dueBegun(pool, 1)];
  if (one === undefined || other === undefined) return t.fail();
  t.deepEqual([await takeLook(pool, one, 1_000), await takeLook(pool, other, 1_000)], [true, false]);
});

test('the sweep settles no order whose payments are being closed', async (t) => {
  const { pool, order } = await begunPayment(t);
  await passDeadline(pool, order.orderId);
  const statements: string[] = [];
  t.deepEqual(await settleExpired(watchedPool(pool, { statements }), [order.orderId]), []);
  t.false(statements.some((sql) => sql.includes('FROM payments') || sql.includes('event_count')));
});

test('an order that is before its deadline waits for the close of its payments still, whoever says that they are closed', async (t) => {
  const { pool, order } = await begunPayment(t);
  const waits = async () => (await rows(pool, 'SELECT close_payments_ms AS ms FROM orders'))[0]?.['ms'];
  await endWait(pool, order.orderId);
  t.is(await waits(), CLOSE_WITHIN_MS);
  await passDeadline(pool, order.orderId);
  await endWait(pool, order.orderId);
  t.is(await waits(), 0);
});

test('the wait of an order begins after its deadline, once, and not of an order that waits for nothing', async (t) => {
  const { pool, order } = await begunPayment(t);
  const closeBy = async () => (await rows(pool, 'SELECT close_payments_by AS closeBy FROM orders'))[0]?.['closeBy'];
  await startWait(pool, order.orderId, 0);
  t.is(await closeBy(), null);
  await passDeadline(pool, order.orderId);
  await startWait(pool, order.orderId, 0);
  const first = await closeBy();
  t.true(first instanceof Date);
  await pool.query('DO SLEEP(0.005)');
  await startWait(pool, order.orderId, 0);
  t.deepEqual(await closeBy(), first);
  await pool.query('UPDATE orders SET close_payments_by = NULL, close_payments_ms = 0');
  await startWait(pool, order.orderId, 0);
  t.is(await closeBy(), null);
});

test('two open payments of an order at one provider, and two rows of one payment, are refused by their keys', async (t) => {
  const { pool, order, name } = await begunPayment(t);
  const insert = (id: string, provider: string, reference: string | null) =>
    pool.query(
      `INSERT INTO begun_payments (begun_id, order_id, provider, begun_as, reference, begun_at, due_at)
       VALUES (?, ?, ?, 'page', ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [id, order.orderId, provider, reference],
    );
  await t.throwsAsync(insert('another', name, null), { message: /one_open/ });
  await insert('elsewhere', 'another', 'pay_1');
  await pool.query(
    "UPDATE begun_payments SET state = 'closed', is_open = NULL, ended_at = begun_at WHERE begun_id = 'elsewhere'",
  );
  await t.throwsAsync(insert('again', 'another', 'pay_1'), { message: /one_reference/ });
});

test('a begun payment cannot contradict itself', async (t) => {
  const { pool } = await begunPayment(t);
  const refused: readonly (readonly [change: string, rule: RegExp])[] = [
    ['is_open = NULL', /begun_is_open/],
    ['is_open = 2', /begun_open_is_one/],
    ['ended_at = UTC_TIMESTAMP(3)', /begun_ended/],
    ["payment_id = 'pay_1'", /begun_paid_by/],
    ["failure = 'too small'", /begun_refused_why/],
    ["order_id = 'x'", /begun_has_order/],
  ];
  for (const [change, message] of refused) {
    await t.throwsAsync(pool.query(`UPDATE begun_payments SET ${change}`), { message }, change);
  }
});
