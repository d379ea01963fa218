import { type ChannelModel, connect } from 'amqplib';
import test, { type ExecutionContext } from 'ava';
import { createBrokerConnection } from '../../src/amqp/connection.js';
import { createConsumer } from '../../src/amqp/consumer.js';
import { openDeadLetters } from '../../src/amqp/dead-letters.js';
import { declareTopology } from '../../src/amqp/declare.js';
import type { Handler } from '../../src/amqp/delivery.js';
import { BRIDGE_NAME, createConsumerCheck } from '../../src/amqp/other-consumers.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { createRelay } from '../../src/amqp/relay.js';
import { orderTopology } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { NotSetUp } from '../../src/domain/errors.js';
import { checkout, createBroker, createTestLog, type TestBroker } from '../helpers/broker.js';
import { reaches } from '../helpers/consumer.js';

/** A fake legacy service consumes the queues with the usual names and publishes into them. */

const OWN = 'order_bridge_create_queue';
const share = { orderQueue: OWN, cancelQueue: false };

/** The broker may close the connection first, when it deletes the virtual host. */
function closeAfter(t: ExecutionContext, connection: ChannelModel): void {
  connection.on('error', () => undefined);
  t.teardown(() => connection.close().catch(() => undefined));
}

async function legacyService(t: ExecutionContext, { url }: TestBroker) {
  const connection = await connect(url, { clientProperties: { connection_name: 'legacy-orders' } });
  closeAfter(t, connection);
  await declareTopology(connection, orderTopology('classic'));
  const channel = await connection.createConfirmChannel();
  const got: string[] = [];
  for (const queue of ['order_create_queue', 'order_cancel_queue']) {
    await channel.consume(queue, (message) => {
      if (message === null) return;
      got.push(`${queue} ${message.content.toString()}`);
      channel.ack(message);
    });
  }
  const send = async (exchange: string, key: string, body: string) => {
    channel.publish(exchange, key, Buffer.from(body));
    await channel.waitForConfirms();
  };
  return { connection, got, send };
}

/** Our relay and the bridge's consumer, with the settings of a migration. */
async function ourService(t: ExecutionContext, { url }: TestBroker, handler: Handler) {
  const connection = await connect(url);
  closeAfter(t, connection);
  await declareTopology(connection, orderTopology('classic', share));
  const publisher = createPublisher({ window: 100, confirmTimeoutMs: 60_000 });
  await publisher.attach(connection);
  const log = createTestLog();
  const outbox = { unpublished: async () => [], markPublished: async () => undefined };
  const relay = createRelay({ outbox, publisher, log, capacity: 100, sweepAgeMs: 0, orderQueue: OWN });
  const got: string[] = [];
  const consumer = createConsumer({
    queue: OWN,
    prefetch: 10,
    handler: async (message) => {
      got.push(message.properties.messageId);
      return await handler(message);
    },
    publish: publisher.publish,
    checkPublish: publisher.check,
    log,
    retryDelayMs: 10,
    holdMs: 60_000,
    giveBackMs: 120_000,
  });
  await consumer.attach(connection);
  t.teardown(() => consumer.stop(0));
  return { connection, relay, got };
}

test('with a queue of our own, neither service receives a message of the other, and no message is parked', async (t) => {
  const server = await createBroker(t);
  const legacy = await legacyService(t, server);
  const ours = await ourService(t, server, async () => ({ kind: 'ack' }));
  const ids = Array.from({ length: 20 }, (_, index) => `${checkout.orderId.slice(0, -2)}${index + 10}`);
  for (const orderId of ids) ours.relay.offer({ ...checkout, orderId });
  for (const id of ids) await legacy.send('order_exchange', 'order.create', `legacy ${id}`);
  for (const id of ids) await legacy.send('order_delay_exchange', 'order.cancel', `legacy ${id}`);
  await ours.relay.idle();
  await reaches('our orders', () => ours.got.length, ids.length);
  await reaches("the legacy service's own", () => legacy.got.length, 2 * ids.length);
  t.deepEqual(ours.got.toSorted(), ids);
  const legacys = (queue: string) => ids.map((id) => `${queue} legacy ${id}`);
  t.deepEqual(legacy.got.toSorted(), [...legacys('order_cancel_queue'), ...legacys('order_create_queue')]);
  t.is(await server.ready('order_create_dlq'), 0);
});

test('a dead letter of our own queue goes back to our queue, and not to the legacy service', async (t) => {
  const server = await createBroker(t);
  const legacy = await legacyService(t, server);
  let fails = true;
  const ours = await ourService(t, server, async () => {
    if (!fails) return { kind: 'ack' };
    fails = false;
    return { kind: 'park', reason: 'fault' };
  });
  ours.relay.offer(checkout);
  await until(
    'the dead letter',
    () => server.ready('order_create_dlq'),
    (ready) => ready === 1,
  );
  const [letter] = await openDeadLetters(server.connection, () => undefined).redrive();
  t.is(letter?.queue, OWN);
  await reaches('the redrive', () => ours.got.length, 2);
  t.deepEqual([legacy.got, ours.got], [[], [checkout.orderId, checkout.orderId]]);
});

test('the topology of a migration uses no queue of the legacy service except the dead-letter queue', (t) => {
  const { exchanges, queues, bindings } = orderTopology('quorum', share);
  t.deepEqual(
    exchanges.map(({ name }) => name),
    ['order_exchange', 'order_dlx', 'order_events'],
  );
  t.deepEqual(
    queues.map(({ name }) => name),
    [OWN, 'order_create_dlq'],
  );
  t.deepEqual(new Set(bindings.map(({ queue }) => queue)), new Set([OWN, 'order_create_dlq']));
  t.true(bindings.some(({ exchange, key, queue }) => exchange === 'order_exchange' && key === OWN && queue === OWN));
});

const QUEUES = ['order_create_queue', 'order_cancel_queue'];

test('a consumer that is no bridge is refused by its name until this consumer stops, where the management API is configured', async (t) => {
  const server = await createBroker(t, 'classic');
  const api = { apiUrl: process.env['TEST_RABBITMQ_API_URL'] ?? '', amqpUrl: server.url };
  const check = createConsumerCheck({ queues: QUEUES, api, log: createTestLog() });
  const bridge = await connect(server.url, { clientProperties: { connection_name: `${BRIDGE_NAME}, incoming` } });
  closeAfter(t, bridge);
  const ours = await bridge.createChannel();
  await ours.consume('order_create_queue', () => undefined);
  const legacy = await legacyService(t, server);
  const refusal = () => check(server.connection).then(() => 'let in', String);
  const message = await until('the legacy service to be seen', refusal, (answer) => /order_cancel_queue/.test(answer));
  t.regex(
    message,
    /legacy-orders consumes order_create_queue and is no bridge.*ORDER_QUEUE.*CONSUME_CANCEL_QUEUE=false/,
  );
  t.false(message.includes(BRIDGE_NAME));
  await legacy.connection.close();
  await until('the check to let us in', refusal, (answer) => answer === 'let in');
  t.is(await refusal(), 'let in', 'the check ignores the other bridge');
});

test('the number of other consumers is logged once, where the management API is not configured', async (t) => {
  const server = await createBroker(t, 'classic');
  await legacyService(t, server);
  const log = createTestLog();
  const check = createConsumerCheck({ queues: QUEUES, api: undefined, log });
  for (let connects = 0; connects < 2; connects++) await check(server.connection);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['queue'], fields['consumerCount']]),
    QUEUES.map((queue) => ['warn', queue, 1]),
  );
});

test('the check of the connection reports what prevents the setup', async (t) => {
  const { url } = await createBroker(t, 'classic');
  const setup = async () => {
    throw new NotSetUp('RabbitMQ', 'legacy-orders consumes order_create_queue', 'stop it');
  };
  const topology = orderTopology('classic');
  const broker = createBrokerConnection({ url, name: 'under-test', topology, log: createTestLog(), setup });
  const connecting = broker.connect().catch(() => 'closed before it was up');
  t.teardown(() => connecting);
  t.teardown(() => broker.close());
  const reason = async () => (t.throws(broker.check) as Error).message;
  t.regex(await until('the reason', reason, (text) => text.includes('legacy-orders')), /To mend it: stop it/);
});
