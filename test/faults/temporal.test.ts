import { connect } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { encodeCreateMessage } from '../../src/amqp/messages.js';
import { ORDER_CREATE_KEY, ORDER_EXCHANGE } from '../../src/amqp/topology.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from '../../src/db/checkouts/checkout-row.js';
import { findPayment } from '../../src/db/payments/payments.js';
import { latePaymentWorkflowId, orderWorkflowId } from '../../workflows/contract.js';
import { deleteWorkflow } from '../helpers/delete-workflow.js';
import { createGate, type Gate } from '../helpers/gate.js';
import { temporal } from '../helpers/servers.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';
import { deadLetters, deliveries, pay, paymentOf, readyz, refundsOf, statusOf } from './reads.js';

/** Webhooks and messages while Temporal is away, or after it has deleted a workflow. One case at a time. */

interface Context {
  system: System;
  gate: Gate;
  cleanUps: (() => Promise<void>)[];
}

/** An API's call to Temporal ends after ten seconds. The sweep runs every two, for payments of five seconds. */
const AGO = 'UTC_TIMESTAMP(3) - INTERVAL 12 SECOND';

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const cleanUps: Context['cleanUps'] = [];
  t.context.cleanUps = cleanUps;
  const hook = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
  const gate = await createGate(hook, `http://${temporal.address}`);
  const system = await startSystem(
    [product('mug', 100)],
    { TEMPORAL_ADDRESS: new URL(gate.url).host },
    {
      // Long enough for a payment in time on a slow machine, short enough to wait for.
      shortWindow: '5 seconds',
    },
  );
  Object.assign(t.context, { system, gate });
});

test.after.always(async (t) => {
  await t.context.system?.close();
  for (const cleanUp of t.context.cleanUps) await cleanUp();
});

test.afterEach.always(async (t) => {
  const { system } = t.context;
  t.deepEqual((await system.audit()).findings, []);
  t.is(await deadLetters(system), 0);
});

const buyOne = async ({ customers }: System): Promise<Placed> =>
  (await customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

async function buyAndPay(system: System): Promise<Placed> {
  const order = await buyOne(system);
  await pay(system, order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  return order;
}

async function buyAndExpire({ shortWindowCustomers, observer }: System): Promise<Placed> {
  const { body: order } = await shortWindowCustomers.buy(1, [{ sku: 'mug', quantity: 1 }]);
  await observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
  return order;
}

const select = async ({ pool }: System, sql: string, ...values: string[]): Promise<RowDataPacket[]> =>
  (await pool.query<RowDataPacket[]>(sql, values))[0];

/** The rows and the stock of an ended order. */
/** The number of its events is no part: the refund of a later payment is an event too. */
const rowsOf = async (system: System, { orderId }: Placed) => [
  (await select(system, 'SELECT * FROM orders WHERE order_id = ?', orderId)).map((row) => ({ ...row, event_count: 0 })),
  await select(system, 'SELECT * FROM stock_movements WHERE order_id = ?', orderId),
  await system.observer.stockOf('mug'),
];

/** Exactly the message that the relay published. */
async function publishAgain(system: System, { orderId }: Placed): Promise<void> {
  const [row] = await select(system, `SELECT ${checkoutColumns} FROM checkouts WHERE order_id = ?`, orderId);
  const connection = await connect(system.amqpUrl);
  const channel = await connection.createConfirmChannel();
  const content = encodeCreateMessage(toCheckout(row as CheckoutRow));
  channel.publish(ORDER_EXCHANGE, ORDER_CREATE_KEY, content, { persistent: true, messageId: orderId });
  await channel.waitForConfirms();
  await connection.close();
}

async function goAway({ gate, system }: Context): Promise<void> {
  gate.refuse(true);
  gate.cut();
  await until(
    'the API to miss Temporal',
    () => readyz(system.shopUrl),
    ({ dependencies }) => dependencies.temporal?.status === 'down',
  );
}

/** The API retries for some seconds. By then the sweep has met the outage too. */
async function outlastsTheApi(system: System, paymentId: string): Promise<void> {
  await until(
    'the payment to be old enough',
    () => select(system, `SELECT 1 FROM payments WHERE payment_id = ? AND received_at < ${AGO}`, paymentId),
    (old) => old.length > 0,
  );
}

test.serial('a payment while Temporal is away pays an order without a workflow at once', async (t) => {
  const { system, gate } = t.context;
  await goAway(t.context);
  const order = await buyOne(system);
  const { paymentId, answers } = await pay(system, order);
  t.deepEqual(answers, [204]);
  t.is((await findPayment(system.pool, paymentId))?.status, 'accepted');
  t.is((await system.customers.look(order)).status, 'paid');
  gate.refuse(false);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
});

test.serial('a payment while Temporal is away ends the waiting workflow when Temporal is back', async (t) => {
  const { system, gate } = t.context;
  const order = await buyOne(system);
  await system.observer.recorded(order.orderId);
  await goAway(t.context);
  const { answers } = await pay(system, order);
  t.deepEqual(answers, [204]);
  t.is((await system.customers.look(order)).status, 'paid');
  gate.refuse(false);
  // The window of this order is longer than the test: only a report can end its workflow.
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  t.deepEqual(await select(system, 'SELECT report_due FROM orders WHERE order_id = ?', order.orderId), [
    { report_due: null },
  ]);
});

test.serial(
  'a payment before the deadline pays at once, also when Temporal is back only after the deadline',
  async (t) => {
    const { system, gate } = t.context;
    await goAway(t.context);
    const { body: order } = await system.shortWindowCustomers.buy(1, [{ sku: 'mug', quantity: 1 }]);
    const { paymentId } = await pay(system, order);
    await until(
      'the deadline to pass',
      () =>
        select(system, 'SELECT 1 FROM checkouts WHERE order_id = ? AND expires_at < UTC_TIMESTAMP(3)', order.orderId),
      (over) => over.length > 0,
    );
    gate.refuse(false);
    await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
    t.is((await findPayment(system.pool, paymentId))?.status, 'accepted');
  },
);

test.serial('a payment while Temporal is away, for an order that has ended, is refunded once', async (t) => {
  const { system, gate } = t.context;
  const order = await buyAndPay(system);
  await goAway(t.context);
  const { paymentId, answers } = await pay(system, order);
  t.deepEqual(answers, [204]);
  await outlastsTheApi(system, paymentId);
  gate.refuse(false);
  t.is(await refundsOf(system, paymentId), 1);
  t.is((await system.customers.look(order)).status, 'paid');
});

test.serial("a customer's cancel while Temporal is away is decided at once", async (t) => {
  const { system, gate } = t.context;
  const order = await buyOne(system);
  await goAway(t.context);
  const canceled = await fetch(`${system.shopUrl}/orders/${order.orderId}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${order.readToken}` },
  });
  t.is(canceled.status, 200);
  t.like(await canceled.json(), { status: 'canceled', cancelReason: 'customer-request' });
  gate.refuse(false);
  await system.observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
});

test.serial('messages wait during an outage of Temporal, and lose no attempt', async (t) => {
  const { system, gate } = t.context;
  await goAway(t.context);
  const before = await deliveries(system, 'ack');
  const orders = await Promise.all(Array.from({ length: 10 }, () => buyOne(system)));
  await until(
    'all of them to be published',
    () => select(system, 'SELECT order_id FROM checkouts WHERE published_at IS NULL'),
    (unpublished) => unpublished.length === 0,
  );
  t.is((await readyz(system.bridgeUrl())).status, 'unavailable');
  t.is(await deliveries(system, 'ack'), before, 'nothing is acked before it was started');
  gate.refuse(false);
  for (const { orderId } of orders) await system.observer.recorded(orderId);
  for (const outcome of ['retry', 'park', 'put-back']) t.is(await deliveries(system, outcome), 0);
});

for (const status of ['paid', 'canceled'] as const) {
  test.serial(
    `a message that comes again after retention, for a ${status} order, starts a run that ends by itself`,
    async (t) => {
      const { system } = t.context;
      const order = status === 'paid' ? await buyAndPay(system) : await buyAndExpire(system);
      const workflowId = orderWorkflowId(order.orderId);
      await deleteWorkflow(system.temporal, workflowId);
      const before = await rowsOf(system, order);
      await publishAgain(system, order);
      const run = await until(
        'the second run to end',
        () => statusOf(system, workflowId),
        (now) => now !== 'none' && now !== 'RUNNING',
      );
      t.is(run, 'COMPLETED');
      t.deepEqual(await rowsOf(system, order), before);
    },
  );
}

test.serial(
  'a payment after retention is answered 2xx and is refunded once, and the order keeps its status',
  async (t) => {
    const { system } = t.context;
    const [paid, expired] = [await buyAndPay(system), await buyAndExpire(system)];
    for (const order of [paid, expired]) {
      await deleteWorkflow(system.temporal, orderWorkflowId(order.orderId));
      const before = await rowsOf(system, order);
      const { paymentId, answers } = await pay(system, order);
      t.deepEqual(answers, [204]);
      t.is(await refundsOf(system, paymentId), 1);
      t.deepEqual(await rowsOf(system, order), before);
      t.is(await statusOf(system, orderWorkflowId(order.orderId)), 'none', 'no second life of the order');
    }
  },
);

test.serial("an event that comes again after its payment's workflow was deleted causes no second refund", async (t) => {
  const { system } = t.context;
  const order = await buyAndPay(system);
  const { paymentId } = await pay(system, order);
  t.is(await refundsOf(system, paymentId), 1);
  const workflowId = latePaymentWorkflowId(paymentId);
  await until(
    'its end',
    () => statusOf(system, workflowId),
    (status) => status === 'COMPLETED',
  );
  await deleteWorkflow(system.temporal, workflowId);
  const { type, data } = paymentOf(order);
  t.is((await sendWebhook(system.shopUrl, { type, data: { ...data, paymentId } })).status, 204);
  const { paymentId: later } = await pay(system, order);
  t.is(await refundsOf(system, later), 1, 'one that came after it has been handled');
  t.is(await statusOf(system, workflowId), 'none');
  t.is(await refundsOf(system, paymentId), 1);
});
