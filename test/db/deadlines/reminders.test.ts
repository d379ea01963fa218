import test, { type ExecutionContext } from 'ava';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import { remindOfDeadline } from '../../../src/db/deadlines/reminders.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { openPool, placeOrder, rows, shopDatabase, WINDOW_MS } from '../../helpers/database.js';
import { payFor } from '../payment-events.js';

/** The event `order.expiring`, once for each deadline of an order. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const place = async (windowMs = WINDOW_MS) => {
    const order = await placeOrder(pool, { windowMs });
    await recordOrders(pool, [order.orderId]);
    return order;
  };
  const events = async () =>
    (await rows(pool, "SELECT data FROM events WHERE type = 'order.expiring' ORDER BY position")).map(
      ({ data }) => new Date((JSON.parse(String(data)) as { state: { expiresAt: string } }).state.expiresAt),
    );
  return { pool, url, place, events };
}

test('a reminder is written once for a deadline, and once more for the deadline after a move', async (t) => {
  const { pool, place, events } = await shop(t);
  const { orderId, expiresAt } = await place();
  const later = new Date(expiresAt.getTime() + 60_000);
  t.true(await remindOfDeadline(pool, orderId, expiresAt));
  t.false(await remindOfDeadline(pool, orderId, expiresAt));
  await moveDeadline(pool, orderId, { to: later, by: 'operator' }, 2 * WINDOW_MS);
  t.false(await remindOfDeadline(pool, orderId, expiresAt), 'of the old deadline');
  t.true(await remindOfDeadline(pool, orderId, later));
  t.deepEqual(await events(), [expiresAt, later]);
});

test('many tries at once write one reminder', async (t) => {
  const { pool, url, place, events } = await shop(t);
  const { orderId, expiresAt } = await place();
  const pools = [pool, openPool(t, url), openPool(t, url)];
  const made = await Promise.all(
    pools.flatMap((one) => [1, 2, 3].map(() => remindOfDeadline(one, orderId, expiresAt))),
  );
  t.is(made.filter(Boolean).length, 1);
  t.is((await events()).length, 1);
});

test('an order that was paid, was canceled or is past its deadline reminds no customer', async (t) => {
  const { pool, place, events } = await shop(t);
  const [paid, canceled, late] = [await place(), await place(), await place(-1)];
  await settleOrder(pool, paid.orderId, { kind: 'payment', paymentId: await payFor(pool, paid) });
  await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  for (const { orderId, expiresAt } of [paid, canceled, late]) {
    t.false(await remindOfDeadline(pool, orderId, expiresAt));
  }
  t.deepEqual(await events(), []);
});

test('a reminder that races a payment comes before the payment, or not at all', async (t) => {
  const { pool, url, place, events } = await shop(t);
  const other = openPool(t, url);
  for (let round = 0; round < 5; round++) {
    const order = await place();
    const paymentId = await payFor(pool, order);
    const [reminded, { order: settled }] = await Promise.all([
      remindOfDeadline(other, order.orderId, order.expiresAt),
      settleOrder(pool, order.orderId, { kind: 'payment', paymentId }),
    ]);
    t.is(settled.status, 'paid');
    const [row] = await rows(
      pool,
      `SELECT COUNT(e.position) AS events, COALESCE(MAX(e.occurred_at) <= MAX(o.settled_at), TRUE) AS before_payment
       FROM orders o LEFT JOIN events e ON e.order_id = o.order_id AND e.type = 'order.expiring' WHERE o.order_id = ?`,
      [order.orderId],
    );
    t.deepEqual(row, { events: reminded ? 1 : 0, before_payment: 1 });
  }
  t.true((await events()).length <= 5);
});
