import anyTest, { type TestFn } from 'ava';
import { createExtend } from '../../src/cli/orders-extend.js';
import { changeInBulk } from '../../src/cli/orders-in-bulk.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { orderState } from '../../workflows/messages.js';
import { rows } from '../helpers/database.js';
import { connectBroker } from '../helpers/retried.js';
import { adminToken, checkoutToken, product, type System, startSystem } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';

/** Deadlines that move, and reminders, over HTTP and with the real processes. */

const test = anyTest as TestFn<{ system: System }>;

const WINDOW_MS = 20_000;
/** The reminder of an order whose deadline stays is due five seconds after its checkout. */
const REMIND_BEFORE = '15 seconds';
const HOUR = 3_600_000;

test.before(async (t) => {
  const settings = { PAYMENT_WINDOW: `${WINDOW_MS} ms`, REMIND_BEFORE, PROCESSING_EXTENSION: '2 hours' };
  t.context.system = await startSystem([product('mug', 100)], settings);
});

test.after.always(async (t) => {
  const { findings, open } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

const buy = async ({ customers }: System): Promise<Placed> =>
  (await customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

async function extend(base: string, token: string, { orderId }: Placed, expiresAt: string) {
  const answer = await fetch(`${base}/orders/${orderId}/extend`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ expiresAt }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const later = ({ expiresAt }: Placed, ms: number): string => new Date(Date.parse(expiresAt) + ms).toISOString();

const workflowOf = ({ temporal }: System, { orderId }: Placed) => temporal.workflow.getHandle(orderWorkflowId(orderId));

const workflowKnows = (system: System, order: Placed, expiresAt: string) =>
  until(
    `the workflow to wait until ${expiresAt}`,
    () => workflowOf(system, order).query(orderState),
    (state) => state?.expiresAt === expiresAt,
  );

/** The types of an order's events. */
const eventsOf = async ({ pool }: System, { orderId }: Placed) =>
  (await rows(pool, 'SELECT type FROM events WHERE order_id = ? ORDER BY position', [orderId])).map(({ type }) => type);

test('an order is extended by an operator and shortened by the shop, and ends at its last deadline', async (t) => {
  const { system } = t.context;
  const order = await buy(system);
  await system.observer.recorded(order.orderId);
  const hour = later(order, HOUR);
  t.like(await extend(system.adminUrl, adminToken, order, hour), { status: 200, body: { expiresAt: hour } });
  await workflowKnows(system, order, hour);
  await until(
    'the old deadline to pass',
    async () => Date.now(),
    (now) => now > Date.parse(order.expiresAt) + 2_000,
  );
  t.is((await system.customers.look(order)).status, 'placed');
  const soon = new Date(Date.now() + 4_000).toISOString();
  t.is((await extend(system.shopUrl, checkoutToken, order, soon)).status, 200);
  await system.observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
  const refused = await extend(system.adminUrl, adminToken, order, hour);
  t.is(refused.status, 409);
  t.like(refused.body, { type: 'urn:order-bridge:problem:order-ended', orderStatus: 'canceled' });
  const extended = 'order.extended';
  t.deepEqual(await eventsOf(system, order), ['order.placed', extended, extended, 'order.canceled']);
});

test('an order is reminded once before its deadline, and is paid afterwards', async (t) => {
  const { system } = t.context;
  const [order, paid] = [await buy(system), await buy(system)];
  await system.customers.pay(paid);
  await until(
    'the reminder',
    () => eventsOf(system, order),
    (types) => types.includes('order.expiring'),
  );
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  t.deepEqual(await eventsOf(system, order), ['order.placed', 'order.expiring', 'order.paid']);
  await system.observer.ended(paid.orderId, { status: 'paid', movement: 'sold' });
  t.deepEqual(await eventsOf(system, paid), ['order.placed', 'order.paid'], 'an order that was paid in time');
});

test('a payment that a bank is processing gives its order more time once, and then pays it', async (t) => {
  const { system } = t.context;
  const order = await buy(system);
  const { orderId, amount, currency } = order;
  const data = { paymentId: `pay_${orderId}`, orderId, amount, currency };
  for (const id of ['first', 'first', 'second']) {
    const answer = await sendWebhook(
      system.shopUrl,
      { type: 'payment.processing', data },
      { id: `msg_${id}_${orderId}` },
    );
    t.is(answer.status, 204);
  }
  await workflowKnows(system, order, later(order, 2 * HOUR));
  t.deepEqual(await eventsOf(system, order), ['order.placed', 'order.extended']);
  await system.customers.pay(order);
  await system.observer.ended(orderId, { status: 'paid', movement: 'sold' });
});

test('a deadline that the command moves reaches the workflow by the bridge', async (t) => {
  const { system } = t.context;
  const order = await buy(system);
  await system.observer.recorded(order.orderId);
  const selected = { ids: [order.orderId] };
  const quiet = { json: false, dryRun: false, yes: true, ask: undefined, say: () => undefined };
  const toStderr = () => undefined;
  const { change, end } = createExtend(system.pool, {
    ...{ selected, where: { laterByMs: HOUR }, mostMs: 24 * HOUR, toStderr },
  });
  t.true(await changeInBulk(system.pool, selected, change, { ...quiet, toStderr }));
  await end();
  await workflowKnows(system, order, later(order, HOUR));
  await until(
    'the report to be done',
    () => rows(system.pool, 'SELECT 1 FROM moved_deadlines'),
    (moves) => moves.length === 0,
  );
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
});

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly data: Record<string, unknown>;
}

test('a service that listens is told what happens to an order, in its order, also after the bridge was killed', async (t) => {
  const { system } = t.context;
  const connection = await connectBroker(system.amqpUrl);
  t.teardown(() => connection.close());
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'order_events', 'order.*');
  const told: Told[] = [];
  await channel.consume(queue, (message) => message && told.push(JSON.parse(message.content.toString())), {
    noAck: true,
  });
  const order = await buy(system);
  const ofOrder = () => told.filter(({ subject }) => subject === order.orderId);
  const tell = (count: number) =>
    until(
      `${count} events`,
      async () => new Set(ofOrder().map(({ sequence }) => sequence)).size,
      (seen) => seen === count,
    );
  await tell(1);
  await system.kill('bridge');
  await extend(system.adminUrl, adminToken, order, later(order, HOUR));
  await system.customers.pay(order);
  await system.start('bridge');
  await tell(3);
  const types = ['order.placed', 'order.extended', 'order.paid'];
  // An event may come twice, where the bridge was killed between the confirm and its mark.
  const numbered = ofOrder().map(({ sequence, type }) => `${Number(sequence)} ${type}`);
  t.deepEqual(
    numbered.filter((one, index) => numbered.indexOf(one) === index),
    types.map((type, index) => `${index + 1} ${type}`),
  );
  t.like(ofOrder().at(-1)?.data, { orderId: order.orderId, userId: 1, status: 'paid', expiresAt: later(order, HOUR) });
  t.false(JSON.stringify(told).includes(order.readToken));
});
