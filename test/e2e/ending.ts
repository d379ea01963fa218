import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { closePayment } from '../../src/db/payments/payment-changes.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { carriedOut } from '../helpers/cancel.js';
import { rows } from '../helpers/database.js';
import { firstTimer } from '../helpers/history.js';
import type { System } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';

/** How an order ends: the tests use HTTP, and then read the rows and the workflows. */

const test = anyTest as TestFn<{ system: System }>;

const buyOne = async (customers: System['customers'], sku: string): Promise<Placed> =>
  (await customers.buy(1, [{ sku, quantity: 1 }])).body;

test('the processes have their own queue beside a legacy service, and declare no queue of this service', async (t) => {
  const connection = await connect(t.context.system.amqpUrl);
  t.teardown(() => connection.close());
  const look = async (queue: string) => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return await channel.checkQueue(queue).then(({ consumerCount }) => consumerCount, String);
  };
  // The broker may count a consumer for a moment after its cancel.
  await until(
    'one consumer',
    () => look('order_bridge_create_queue'),
    (count) => count === 1,
  );
  for (const legacys of ['order_create_queue', 'order_delay_queue', 'order_cancel_queue']) {
    t.regex(String(await look(legacys)), /NOT_FOUND/);
  }
});

test('an order that is paid in time is paid, and its stock sold', async (t) => {
  const { customers, observer } = t.context.system;
  const order = await buyOne(customers, 'paid');
  t.is((await customers.look(order)).status, 'placed', 'it can be looked up at once');
  await customers.pay(order);
  await observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  const { available, reserved, sold } = await observer.stockOf('paid');
  t.deepEqual([available, reserved, sold], [9, 0, 1]);
});

test('an order without a payment is canceled at its deadline, and its stock is free again', async (t) => {
  const { shortWindowCustomers, observer } = t.context.system;
  const order = await buyOne(shortWindowCustomers, 'expired');
  await observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
  const seen = await shortWindowCustomers.look(order);
  t.deepEqual([seen.status, seen.cancelReason], ['canceled', 'payment-window-expired']);
  t.is((await observer.stockOf('expired')).available, 10);
});

test("a customer's cancel ends the order at once, and a second cancel gets the same answer", async (t) => {
  const { customers, observer, shopUrl } = t.context.system;
  const order = await buyOne(customers, 'wish');
  const cancel = () =>
    fetch(`${shopUrl}/orders/${order.orderId}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${order.readToken}` },
    });
  const [first, second] = [await carriedOut(cancel), await cancel()];
  t.deepEqual([first.status, second.status], [200, 200]);
  t.is(((await first.json()) as { cancelReason: string }).cancelReason, 'customer-request');
  await observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
});

test('a payment after the end is refunded once, and the order stays canceled', async (t) => {
  const { shortWindowCustomers, observer } = t.context.system;
  const order = await buyOne(shortWindowCustomers, 'late');
  await observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
  const paymentId = await shortWindowCustomers.pay(order);
  await observer.refunded(paymentId);
  t.is((await shortWindowCustomers.payment(paymentId)).refunds.length, 1);
  const seen = await shortWindowCustomers.look(order);
  t.deepEqual([seen.status, seen.refund], ['canceled', 'refunded']);
});

test('a webhook that comes three times counts once', async (t) => {
  const { customers, observer, shopUrl, pool } = t.context.system;
  const order = await buyOne(customers, 'double');
  const { orderId, amount, currency } = order;
  const event = { type: 'payment.succeeded', data: { paymentId: `pay_${randomUUID()}`, orderId, amount, currency } };
  const id = `msg_${randomUUID()}`;
  for (let time = 0; time < 3; time++) t.is((await sendWebhook(shopUrl, event, { id })).status, 204);
  await observer.ended(orderId, { status: 'paid', movement: 'sold' });
  const [rows] = await pool.query('SELECT status FROM payments WHERE order_id = ?', [orderId]);
  t.deepEqual(JSON.parse(JSON.stringify(rows)), [{ status: 'accepted' }]);
});

test('the default deadline is 1,800 s after the checkout, and the timer runs until then', async (t) => {
  const { customers, observer, pool, temporal } = t.context.system;
  const { orderId, expiresAt } = await buyOne(customers, 'window');
  await observer.recorded(orderId);
  const [rows] = await pool.query('SELECT created_at FROM checkouts WHERE order_id = ?', [orderId]);
  const [{ created_at: createdAt }] = rows as [{ created_at: Date }];
  t.is(Date.parse(expiresAt) - createdAt.getTime(), 1_800_000);

  const { endsAt, lastsMs } = await firstTimer(temporal, orderWorkflowId(orderId));
  // Workflows count in whole milliseconds.
  t.true(endsAt >= Date.parse(expiresAt) - 1, `${new Date(endsAt).toISOString()} is before ${expiresAt}`);
  t.true(lastsMs <= 1_800_000, `${lastsMs} ms`);
  await temporal.workflow.getHandle(orderWorkflowId(orderId)).signal('cancelRequested', { reason: 'operator-request' });
  await observer.ended(orderId, { status: 'canceled', movement: 'released' });
});

test('a payment for an unknown order is stored as unplaced, and no workflow starts for it', async (t) => {
  const { customers, pool, temporal } = t.context.system;
  const orderId = randomUUID();
  const stray = { orderId, status: 'placed', amount: 700, currency: 'EUR', expiresAt: '', readToken: '' };
  const paymentId = await customers.pay(stray);
  // The webhook was answered 2xx, so the payment is stored.
  t.deepEqual(await rows(pool, 'SELECT status FROM payments WHERE payment_id = ?', [paymentId]), [
    { status: 'unplaced' },
  ]);
  t.deepEqual((await customers.payment(paymentId)).refunds, []);
  for (const id of [`refund:${paymentId}`, `payment:${paymentId}`]) {
    await t.throwsAsync(temporal.workflow.getHandle(id).describe(), { name: 'WorkflowNotFoundError' });
  }
  await closePayment(pool, { paymentId, by: 'ann', note: 'of another shop' });
});
