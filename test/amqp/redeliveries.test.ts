import { connect, type Message } from 'amqplib';
import test, { type ExecutionContext } from 'ava';
import { createConsumer } from '../../src/amqp/consumer.js';
import type { Handler } from '../../src/amqp/delivery.js';
import { returnsOf } from '../../src/amqp/history.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { until } from '../../src/cli/story/until.js';
import { unavailable } from '../../src/domain/errors.js';
import { createBroker, createTestLog, type TestBroker } from '../helpers/broker.js';
import { createDependent, reaches, startConsumer } from '../helpers/consumer.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

/** RabbitMQ 4 drops a message at its twentieth redelivery. The same limit is set here by a policy. */

const [QUEUE, DLQ] = ['order_create_queue', 'order_create_dlq'];
const ack = { kind: 'ack' } as const;
const park: Handler = async () => ({ kind: 'park', reason: 'fault' });

async function limited(server: TestBroker): Promise<TestBroker> {
  const definition = { 'delivery-limit': 20 };
  await server.api('PUT', '/api/policies/{vhost}/limit', { pattern: '^order_', definition, 'apply-to': 'queues' });
  const queue = () => server.api('GET', `/api/queues/{vhost}/${QUEUE}`) as Promise<{ policy?: string }>;
  await until('the policy', queue, ({ policy }) => policy === 'limit');
  return server;
}

/** Requeues the next message so many times, as the death of so many processes does. */
async function giveBack({ channel }: TestBroker, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const message = await until('the message', () => channel.get(QUEUE), Boolean);
    if (message) channel.nack(message, false, true);
  }
}

/** Stands for a process: a connection, its publisher and a consumer. `kill` ends it while it handles its deliveries. */
async function startProcess(t: ExecutionContext, { url }: TestBroker, handler: (kill: () => void) => Handler) {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  await publisher.attach(connection);
  const ended = new Promise<void>((resolve) => connection.once('close', resolve));
  const kill = () => void connection.close().catch(() => 'closed already');
  t.teardown(async () => kill());
  const consumer = createConsumer({
    queue: QUEUE,
    prefetch: 10,
    handler: handler(kill),
    publish: publisher.publish,
    checkPublish: publisher.check,
    log: createTestLog(),
    retryDelayMs: 10,
    holdMs: 600_000,
    giveBackMs: 600_000,
  });
  await consumer.attach(connection);
  return { consumer, ended, kill };
}

test('a dead letter that no queue accepts is held, and moves when the binding is back', async (t) => {
  const { server, log } = await startConsumer(t, { handler: park });
  await server.channel.unbindQueue(DLQ, 'order_dlx', 'order.create');
  await server.send(QUEUE, 'body');
  const held = () => log.lines.filter(({ message }) => message.startsWith('message not moved'));
  await reaches('the retry', () => held().length, 4);
  await server.channel.bindQueue(DLQ, 'order_dlx', 'order.create');
  const letter = await server.take(DLQ);
  t.is(letter.content.toString(), 'body');
  t.deepEqual([...new Set(held().map(({ level }) => level))], ['error', 'debug'], 'an error once, for a person');
});

test('a copy that the broker does not accept is retried, and the message is delivered once', async (t) => {
  let [given, tries] = [0, 0];
  const { server } = await startConsumer(t, {
    handler: async (message) => {
      given++;
      return await park(message);
    },
    publish: async () => {
      tries++;
      throw unavailable('the broker', new Error('nacked: the queue is full'));
    },
  });
  await server.send(QUEUE, 'body');
  await reaches('several tries', () => tries, 5);
  t.is(given, 1);
});

test('a message that the dead-letter queue does not accept for long goes to the end of its own queue as a fresh copy', async (t) => {
  let given = 0;
  const { server } = await startConsumer(t, {
    holdMs: -1,
    handler: async (message) => {
      given++;
      return await park(message);
    },
  });
  await limited(server);
  await server.channel.unbindQueue(DLQ, 'order_dlx', 'order.create');
  await server.send(QUEUE, 'body');
  await reaches('more handlings than the broker allows', () => given, 25);
  await server.channel.bindQueue(DLQ, 'order_dlx', 'order.create');
  t.is((await server.take(DLQ)).content.toString(), 'body');
});

test('the broker counts one return for each restart, and thirty restarts drop and double no message', async (t) => {
  const server = await limited(await createBroker(t, 'quorum'));
  await server.send(QUEUE, 'body');
  const returns: number[] = [];
  for (let restart = 0; restart < 30; restart++) {
    const { handler, seen } = createDependent();
    const { consumer, kill, ended } = await startProcess(t, server, () => handler);
    await reaches('the delivery', () => seen.length, 1);
    await consumer.stop(HELPER_LIMIT_MS);
    kill();
    await ended;
    returns.push(returnsOf(seen[0] as Message));
  }
  // With ten returns a fresh copy replaces the message.
  t.deepEqual(
    returns,
    [...Array(30).keys()].map((restart) => restart % 11),
  );
  t.is((await server.take(QUEUE)).content.toString(), 'body');
  t.deepEqual([await server.ready(QUEUE), await server.ready(DLQ)], [0, 0]);
});

test('a message that ends the process each time is parked, and the other messages are handled', async (t) => {
  const server = await limited(await createBroker(t, 'quorum'));
  for (const body of ['a', 'deadly', 'b', 'c']) await server.send(QUEUE, body, { messageId: body });
  const handled: string[] = [];
  let deaths = 0;
  while ((await server.ready(DLQ)) === 0) {
    const { ended, kill } = await startProcess(t, server, (die) => async ({ content, properties }) => {
      const body = content.toString();
      if (body === 'deadly') {
        deaths++;
        die();
        return await new Promise(() => undefined);
      }
      // The other messages are delivered and not acked when the process ends, until they are delivered one by one.
      if (Number(properties.headers?.['x-delivery-count'] ?? 0) < 10) return await new Promise(() => undefined);
      // The work takes a moment, so that the broker delivers the other messages meanwhile.
      for (let trip = 0; trip < 20; trip++) await server.ready(QUEUE);
      handled.push(body);
      return ack;
    });
    const parked = until('the dead letter', () => server.ready(DLQ), Boolean);
    await Promise.race([ended, parked]);
    if ((await server.ready(DLQ)) > 0) {
      await reaches('the others', () => handled.length, 3);
      kill();
    }
  }
  const { content, properties } = await server.take(DLQ);
  t.is(content.toString(), 'deadly');
  t.regex(String(properties.headers?.['x-reason']), /^came back 15 times without an answer/);
  t.deepEqual(handled.toSorted(), ['a', 'b', 'c']);
  t.is(deaths, 15);
});

test('a message that came back often and must wait is put back at once as a fresh copy', async (t) => {
  const server = await limited(await createBroker(t, 'quorum'));
  await server.send(QUEUE, 'body');
  await giveBack(server, 12);
  const { handler, seen } = createDependent();
  await startProcess(t, server, () => handler);
  await reaches('the copy', () => seen.length, 2);
  t.is(seen[0]?.properties.headers?.['x-delivery-count'], 12);
  t.deepEqual([seen[1]?.fields.redelivered, seen[1]?.properties.headers?.['x-delivery-count']], [false, undefined]);
});

test('the consumer checks the broker before it takes a message again, when the broker has accepted no copy for hours', async (t) => {
  let [given, checks, takes] = [0, 0, false];
  const refused = unavailable('the broker', new Error('no confirm'));
  const { server, log, outcomes } = await startConsumer(t, {
    holdMs: -1,
    giveBackMs: -1,
    handler: async (message) => {
      given++;
      return takes ? ack : await park(message);
    },
    publish: async () => {
      throw refused;
    },
    checkPublish: async () => {
      checks++;
      if (!takes) throw refused;
    },
  });
  await server.send(QUEUE, 'body');
  await reaches('the checks of the broker', () => checks, 3);
  t.is(given, 11, 'ten returns, and one delivery more');
  t.is(log.lines.filter(({ message }) => message.startsWith('the broker has taken no messages for long')).length, 1);
  takes = true;
  await reaches('the outcome', () => outcomes.length, 1);
  t.deepEqual([outcomes, given], [['ack'], 12]);
});
