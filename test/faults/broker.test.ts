import { type Channel, connect } from 'amqplib';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { ORDER_CREATE_DLQ, ORDER_CREATE_KEY, ORDER_CREATE_QUEUE, ORDER_EXCHANGE } from '../../src/amqp/topology.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { createGate, type Gate } from '../helpers/gate.js';
import { createDatabase, temporal } from '../helpers/servers.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { allRecorded } from './buyers.js';
import { type KillableServer, queuesAreWritten, startKillable } from './killable-server.js';
import { rabbitmqctl } from './rabbitmqctl.js';
import { deadLetters, deliveries, metric, readyz, runsAre } from './reads.js';

/** A broker that answers late, does not answer, or blocks publishers. One system on a broker of its own, in turn. */

interface Context {
  system: System;
  rabbitmq: KillableServer;
  gate: Gate;
  temporalGate: Gate;
  cleanUps: (() => Promise<void>)[];
}

const test = anyTest as TestFn<Context>;

const PREFETCH = 5;

test.before(async (t) => {
  const cleanUps: Context['cleanUps'] = [];
  t.context.cleanUps = cleanUps;
  const hook = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) };
  const [database, rabbitmq] = [await createDatabase(hook), await startKillable('rabbitmq')];
  cleanUps.push(rabbitmq.close);
  const gate = await createGate(hook, rabbitmq.addresses.amqpUrl);
  const temporalGate = await createGate(hook, `http://${temporal.address}`);
  const { amqpUrl } = rabbitmq.addresses;
  const servers = { mysqlUrl: database.url, amqpUrl, temporalAddress: temporal.address };
  const settings = {
    AMQP_URL: gate.url,
    TEMPORAL_ADDRESS: new URL(temporalGate.url).host,
    BRIDGE_PREFETCH: String(PREFETCH),
    // The reconciler would start orders whose messages are lost, and hide the loss.
    RECONCILE_AFTER: '1 hour',
  };
  const system = await startSystem([product('mug', 1_000)], settings, { servers });
  Object.assign(t.context, { system, rabbitmq, gate, temporalGate });
  await queuesAreWritten(rabbitmq, [ORDER_CREATE_QUEUE, ORDER_CREATE_DLQ]);
});

test.after.always(async (t) => {
  await t.context.system?.close();
  for (const cleanUp of t.context.cleanUps.reverse()) await cleanUp();
});

test.afterEach.always(async (t) => {
  const { system } = t.context;
  t.deepEqual((await system.audit()).findings, []);
  t.is(await deadLetters(system), 0);
});

test.serial(
  'messages whose confirms are lost with their connection are sent again, and each is handled once',
  async (t) => {
    const { system, gate } = t.context;
    // A bridge takes its whole prefetch after its first delivery.
    await handledOnce(t, await buyMany(t, 1));
    const before = await deliveries(system, 'ack');
    gate.hold();
    const orders = await buyMany(t, 10);
    // Published, and neither confirmed to the API nor delivered to the bridge.
    await until(
      'the broker to have them all',
      () => onBroker(system, async (channel) => (await channel.checkQueue(ORDER_CREATE_QUEUE)).messageCount),
      (ready) => ready === 10 - PREFETCH,
    );
    t.is(await unpublished(system), 10);
    gate.cut();
    gate.release();
    await handledOnce(t, orders);
    await until(
      'each to come twice',
      () => deliveries(system, 'ack'),
      (acks) => acks >= before + 20,
    );
  },
);

test.serial('every order arrives after a connection is cut in the middle of a batch', async (t) => {
  const { system, gate } = t.context;
  const buying: Promise<Placed[]>[] = [];
  for (let cuts = 0; cuts < 5; cuts++) {
    await apiIsWhole(system);
    // The broker's answers are held, so that the cut comes before the confirms.
    gate.hold();
    buying.push(buyMany(t, 8));
    await until(
      'publishes to be under way',
      () => metric(system.shopUrl, 'orders_publishes_pending'),
      (pending) => pending > 0,
    );
    t.true((await unpublished(system)) > 0);
    gate.cut();
    // The answers are still held: the API cannot connect again before the test has seen the cut.
    await until(
      'the API to notice',
      () => readyz(system.shopUrl),
      ({ status }) => status === 'degraded',
    );
    gate.release();
  }
  await handledOnce(t, (await Promise.all(buying)).flat());
  await apiIsWhole(system);
});

test.serial(
  'a message that no queue accepts stays in the outbox, and is published when its binding is back',
  async (t) => {
    const { system } = t.context;
    await onBroker(system, (channel) => channel.unbindQueue(ORDER_CREATE_QUEUE, ORDER_EXCHANGE, ORDER_CREATE_KEY));
    const orders = await buyMany(t, 3);
    // The broker confirms these messages, and no queue has them: without `mandatory` they would be marked as sent.
    await until(
      'the API to have tried',
      () => metric(system.shopUrl, 'orders_publishes_pending'),
      (pending) => pending === 0,
    );
    t.is(await unpublished(system), 3);
    await onBroker(system, (channel) => channel.bindQueue(ORDER_CREATE_QUEUE, ORDER_EXCHANGE, ORDER_CREATE_KEY));
    await handledOnce(t, orders);
  },
);

test.serial(
  'checkouts continue while an alarm blocks publishers, and each order arrives after the alarm',
  async (t) => {
    const { system, rabbitmq } = t.context;
    await rabbitmqctl(rabbitmq, 'set_vm_memory_high_watermark', '0');
    const orders = await buyMany(t, 10);
    const seen = await until(
      'the API to notice',
      () => readyz(system.shopUrl),
      ({ status }) => status !== 'ok',
    );
    t.is(seen.status, 'degraded');
    t.is(seen.dependencies.rabbitmq?.status, 'down');
    // The confirms are now later than their time-out.
    await until(
      'the API to give up',
      () => metric(system.shopUrl, 'orders_publishes_pending'),
      (pending) => pending === 0,
    );
    orders.push(...(await buyMany(t, 10)));
    t.is(await unpublished(system), 20, 'nothing counts as sent');
    await rabbitmqctl(rabbitmq, 'set_vm_memory_high_watermark', '0.4');
    await handledOnce(t, orders);
    await apiIsWhole(system);
  },
);

test.serial('the bridge handles the queued messages during an alarm, although the bridge cannot publish', async (t) => {
  const { system, rabbitmq, temporalGate } = t.context;
  temporalGate.refuse(true);
  temporalGate.cut();
  const queued = await buyMany(t, 4 * PREFETCH);
  await until(
    'all to be queued',
    () => unpublished(system),
    (rows) => rows === 0,
  );
  await rabbitmqctl(rabbitmq, 'set_vm_memory_high_watermark', '0');
  // The bridge's sweep tries to publish this order: from then on the broker blocks that connection.
  const held = await buyMany(t, 1);
  await until(
    'the broker to hold the bridge',
    () => readyz(system.bridgeUrl()),
    ({ dependencies }) => dependencies.rabbitmq?.status === 'down',
  );
  temporalGate.refuse(false);
  await allRecorded(
    system.pool,
    queued.map(({ orderId }) => orderId),
  );
  t.is(await unpublished(system), 1);
  await rabbitmqctl(rabbitmq, 'set_vm_memory_high_watermark', '0.4');
  await handledOnce(t, [...queued, ...held]);
});

async function apiIsWhole({ shopUrl }: System): Promise<void> {
  await until(
    'the API to be whole',
    () => readyz(shopUrl),
    ({ status }) => status === 'ok',
  );
}

async function buyMany(t: ExecutionContext<Context>, count: number): Promise<Placed[]> {
  const { customers } = t.context.system;
  const buying = Array.from({ length: count }, (_, user) => customers.buy(user + 1, [{ sku: 'mug', quantity: 1 }]));
  const answers = await Promise.all(buying);
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
  return answers.map(({ body }) => body);
}

/** Each order so far was published at least once, and has one run of one workflow. */
async function handledOnce(t: ExecutionContext<Context>, orders: readonly Placed[]): Promise<void> {
  const { system } = t.context;
  await allRecorded(
    system.pool,
    orders.map(({ orderId }) => orderId),
  );
  await until(
    'the outbox to be empty',
    () => unpublished(system),
    (rows) => rows === 0,
  );
  const { reserved } = await system.observer.stockOf('mug');
  await runsAre(system, reserved);
  t.is((await system.audit()).audited.checkouts, reserved);
}

async function unpublished({ pool }: System): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT 1 FROM checkouts WHERE published_at IS NULL');
  return rows.length;
}

async function onBroker<T>({ amqpUrl }: System, work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(amqpUrl);
  try {
    return await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}
