import test from 'ava';
import { compareTopology } from '../../src/amqp/compare-topology.js';
import { createBrokerConnection } from '../../src/amqp/connection.js';
import { declareTopology, TopologyMismatch } from '../../src/amqp/declare.js';
import { orderTopology } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { NotSetUp } from '../../src/domain/errors.js';
import { createAccount, createBroker, createTestLog, type TestBroker } from '../helpers/broker.js';

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

async function queues({ api }: TestBroker) {
  const listed = (await api('GET', '/api/queues/{vhost}')) as Listed[];
  return Object.fromEntries(
    listed.map(({ name, type, durable, auto_delete, arguments: args }) => [name, { type, durable, auto_delete, args }]),
  );
}

async function exchanges({ api }: TestBroker) {
  const listed = (await api('GET', '/api/exchanges/{vhost}')) as Listed[];
  const own = listed.filter(({ name }) => name.startsWith('order_'));
  return Object.fromEntries(own.map(({ name, type, durable }) => [name, { type, durable }]));
}

async function bindings({ api }: TestBroker): Promise<string[]> {
  const listed = (await api('GET', '/api/bindings/{vhost}')) as Record<
    'source' | 'destination' | 'routing_key',
    string
  >[];
  const named = listed.filter(({ source }) => source !== '');
  return named.map(({ source, destination, routing_key: key }) => `${source} -${key}-> ${destination}`).sort();
}

const delay = {
  type: 'classic',
  durable: true,
  auto_delete: false,
  args: {
    'x-queue-type': 'classic',
    'x-message-ttl': 1_800_000,
    'x-dead-letter-exchange': 'order_delay_exchange',
    'x-dead-letter-routing-key': 'order.cancel',
  },
};
const cancel = { type: 'classic', durable: true, auto_delete: false, args: { 'x-queue-type': 'classic' } };

for (const type of ['quorum', 'classic'] as const) {
  test(`${type}: the declaration creates the documented queues, with their types and arguments`, async (t) => {
    const broker = await createBroker(t, type);
    const typed = { 'x-queue-type': type };
    t.deepEqual(await queues(broker), {
      order_create_queue: {
        type,
        durable: true,
        auto_delete: false,
        args: { ...typed, 'x-dead-letter-exchange': 'order_dlx' },
      },
      order_create_dlq: { type, durable: true, auto_delete: false, args: typed },
      order_delay_queue: delay,
      order_cancel_queue: cancel,
    });
  });

  test(`${type}: a second declaration is accepted`, async (t) => {
    const broker = await createBroker(t, type);
    await t.notThrowsAsync(declareTopology(broker.connection, orderTopology(type)));
  });

  test(`${type}: a declared topology compares as equal`, async (t) => {
    const broker = await createBroker(t, type);
    t.deepEqual((await compareTopology(broker.connection, orderTopology(type))).lines, []);
  });
}

test('the declaration creates the documented exchanges, durable and of their types', async (t) => {
  const broker = await createBroker(t, 'quorum');
  const direct = { type: 'direct', durable: true };
  t.deepEqual(await exchanges(broker), {
    order_exchange: direct,
    order_dlx: direct,
    order_delay_exchange: direct,
    order_events: { type: 'topic', durable: true },
  });
});

test('the declaration binds the queues by the documented keys', async (t) => {
  const broker = await createBroker(t, 'quorum');
  t.deepEqual(await bindings(broker), [
    'order_delay_exchange -order.cancel-> order_cancel_queue',
    'order_dlx -order.cancel-> order_create_dlq',
    'order_dlx -order.create-> order_create_dlq',
    'order_dlx -order_create_queue-> order_create_dlq',
    'order_exchange -order.create-> order_create_queue',
  ]);
});

async function withOtherTtl(t: Parameters<typeof createBroker>[0]): Promise<TestBroker> {
  const broker = await createBroker(t);
  await broker.channel.assertQueue('order_delay_queue', {
    durable: true,
    arguments: { ...delay.args, 'x-message-ttl': 60_000 },
  });
  await broker.send('order_delay_queue', 'of the legacy service', { persistent: true });
  return broker;
}

test('a queue with another TTL is refused, and the error names the queue and both values', async (t) => {
  const broker = await withOtherTtl(t);
  const error = await t.throwsAsync(declareTopology(broker.connection, orderTopology('quorum')), {
    instanceOf: TopologyMismatch,
  });
  t.regex(error.message, /order_delay_queue.* x-message-ttl: here '1800000', in the broker '60000'/);
});

test('a queue with another TTL keeps its arguments and its messages', async (t) => {
  const broker = await withOtherTtl(t);
  await declareTopology(broker.connection, orderTopology('quorum')).catch(() => 'refused');
  t.is((await queues(broker))['order_delay_queue']?.args['x-message-ttl'], 60_000);
  t.is(await broker.ready('order_delay_queue'), 1);
});

test('a queue of another type is refused, and the error names the variable to set', async (t) => {
  const broker = await createBroker(t, 'classic');
  const error = await t.throwsAsync(declareTopology(broker.connection, orderTopology('quorum')), {
    instanceOf: TopologyMismatch,
  });
  t.regex(error.message, /order_create_queue.*x-queue-type.*ORDER_QUEUE_TYPE=classic/s);
});

test('no queue is declared when the last queue differs, and each different queue is named', async (t) => {
  const broker = await withOtherTtl(t);
  await broker.channel.assertQueue('order_cancel_queue', { durable: true, arguments: { 'x-max-length': 5 } });
  const before = [await queues(broker), await exchanges(broker)];
  const { message } = await t.throwsAsync(declareTopology(broker.connection, orderTopology('quorum')), {
    instanceOf: TopologyMismatch,
  });
  t.regex(message, /order_delay_queue .*\n.*order_cancel_queue .*\nNothing was changed\./);
  t.deepEqual([await queues(broker), await exchanges(broker)], before);
});

test('the setting that the error of a mismatch names is accepted', async (t) => {
  const broker = await createBroker(t);
  // The second queue differs. The first queue must not be declared as quorum before the comparison ends.
  await broker.channel.assertQueue('order_create_dlq', { durable: true });
  await t.throwsAsync(declareTopology(broker.connection, orderTopology('quorum')), { message: /=classic/ });
  await t.notThrowsAsync(declareTopology(broker.connection, orderTopology('classic')));
});

test('the connection waits while a queue differs, and names the queue', async (t) => {
  const server = await withOtherTtl(t);
  const log = createTestLog();
  let setUps = 0;
  const broker = createBrokerConnection({
    url: server.url,
    name: 'under-test',
    topology: orderTopology('quorum'),
    log,
    setup: async () => void setUps++,
  });
  t.teardown(() => broker.close());
  const connecting = broker.connect();
  await until(
    'the difference to be logged, and tried again',
    async () => log.lines.filter(({ message }) => message === 'RabbitMQ does not answer yet').length,
    (tries) => tries >= 1,
  );
  t.throws(broker.check, { instanceOf: TopologyMismatch, message: /order_delay_queue.*x-message-ttl/ });
  t.is(log.lines.filter(({ message }) => message === 'RabbitMQ is not set up').length, 1);
  t.is(setUps, 0, 'the setup does not run with a different topology');
  await server.channel.deleteQueue('order_delay_queue');
  await connecting;
  t.notThrows(broker.check);
});

test('a comparison names each missing queue and exchange', async (t) => {
  const { connection } = await createBroker(t);
  const { lines } = await compareTopology(connection, orderTopology('quorum'));
  const { exchanges: wanted, queues: queuesWanted } = orderTopology('quorum');
  const names = [...wanted.map(({ name }) => `exchange ${name}`), ...queuesWanted.map(({ name }) => `queue ${name}`)];
  t.deepEqual(
    lines.map((line) => line.replace(/ is missing; .*/, '')),
    names,
  );
});

test('a comparison creates no queue and no exchange', async (t) => {
  const broker = await createBroker(t);
  await compareTopology(broker.connection, orderTopology('quorum'));
  t.deepEqual([await queues(broker), await exchanges(broker)], [{}, {}]);
});

test('a comparison names a different queue, and continues with the next', async (t) => {
  const { connection } = await withOtherTtl(t);
  const { lines } = await compareTopology(connection, orderTopology('quorum'));
  t.regex(lines.find((line) => line.includes('order_delay_queue')) ?? '', /x-message-ttl.*1800000.*60000/);
  t.true(lines.some((line) => line.startsWith('queue order_cancel_queue is missing')));
});

const least = { configure: '^$', write: '.*', read: '.*' };

test('an account without the right to configure works with an existing topology', async (t) => {
  const broker = await createBroker(t, 'quorum');
  const account = await createAccount(t, broker, least);
  const uncompared = await declareTopology(account, orderTopology('quorum'));
  const { exchanges: ofEvents, queues: wanted } = orderTopology('quorum');
  t.deepEqual(
    uncompared,
    [...ofEvents, ...wanted].map(({ name }) => name),
  );
});

test('an exchange of events of another type is named, also by the management API', async (t) => {
  const broker = await createBroker(t);
  await broker.channel.assertExchange('order_events', 'fanout', { durable: true });
  const line = /^exchange order_events .* another type: here '?topic'?, in the broker '?fanout'?\.$/;
  const ours = await compareTopology(broker.connection, orderTopology('quorum'));
  t.regex(ours.different.join('\n'), line);
  const api = { apiUrl: process.env['TEST_RABBITMQ_API_URL'] ?? '', amqpUrl: broker.url };
  const account = await createAccount(t, broker, least);
  t.regex((await compareTopology(account, orderTopology('quorum'), api)).different.join('\n'), line);
});

test('an account that may not configure is told that the exchange of the events is missing', async (t) => {
  const broker = await createBroker(t, 'quorum');
  await broker.channel.deleteExchange('order_events');
  const account = await createAccount(t, broker, least);
  await t.throwsAsync(declareTopology(account, orderTopology('quorum')), { message: /order_events missing/ });
});

test('the management API names a queue that is not durable, for an account that may not configure', async (t) => {
  const broker = await createBroker(t);
  const topology = orderTopology('quorum');
  const [created, , delay] = topology.queues;
  await broker.channel.assertExchange('order_dlx', 'direct', { durable: false });
  await broker.channel.assertQueue('order_cancel_queue', { durable: false, arguments: {} });
  const ofHost = { 'x-queue-type': 'quorum', 'x-message-ttl': 60_000 };
  await broker.channel.assertQueue('order_delay_queue', { arguments: { ...delay?.arguments, ...ofHost } });
  await broker.channel.assertQueue('order_create_queue', { arguments: created?.arguments });
  const account = await createAccount(t, broker, least);
  const api = { apiUrl: process.env['TEST_RABBITMQ_API_URL'] ?? '', amqpUrl: broker.url };
  t.deepEqual((await compareTopology(account, topology)).different, []);
  const { different, uncompared } = await compareTopology(account, topology, api);
  t.deepEqual([different.length, uncompared], [3, []], different.join('\n'));
  t.regex(different[0] ?? '', /^exchange order_dlx .* another durable: here 'true', in the broker 'false'\.$/);
  t.regex(
    different[1] ?? '',
    /^queue order_delay_queue .* another x-message-ttl: here '1800000', in the broker '60000'/,
  );
  t.regex(different[2] ?? '', /^queue order_cancel_queue .* another durable: here 'true', in the broker 'false'\.$/);
  await t.throwsAsync(declareTopology(account, topology, api), { instanceOf: TopologyMismatch });
});

test('an account without the right to configure works without an answer of the management API', async (t) => {
  const broker = await createBroker(t, 'quorum');
  const account = await createAccount(t, broker, least);
  const api = { apiUrl: process.env['TEST_RABBITMQ_API_URL'] ?? '', amqpUrl: broker.url };
  t.deepEqual(await declareTopology(account, orderTopology('quorum'), api), []);
  const away = { ...api, apiUrl: 'http://127.0.0.1:9/' };
  t.is((await declareTopology(account, orderTopology('quorum'), away)).length, 8);
});

test('an account without the right to configure names what is missing, and the command', async (t) => {
  const broker = await createBroker(t, 'quorum');
  await broker.channel.deleteQueue('order_cancel_queue');
  const account = await createAccount(t, broker, least);
  await t.throwsAsync(declareTopology(account, orderTopology('quorum')), {
    instanceOf: NotSetUp,
    message: /order_cancel_queue missing, and this account may not declare.*orders topology/,
  });
});

test('an account that may neither configure nor bind reports that the bindings were not compared', async (t) => {
  const broker = await createBroker(t, 'quorum');
  const account = await createAccount(t, broker, { ...least, write: '^order_exchange$' });
  const uncompared = await declareTopology(account, orderTopology('quorum'));
  t.is(uncompared.at(-1), 'the bindings');
});

test('queues that a legacy service declared without a type count as classic queues', async (t) => {
  const broker = await createBroker(t);
  for (const { name, arguments: args } of orderTopology('classic').queues) {
    const { 'x-queue-type': _, ...untyped } = args;
    await broker.channel.assertQueue(name, { arguments: untyped });
  }
  await t.notThrowsAsync(declareTopology(broker.connection, orderTopology('classic')));
  t.deepEqual((await compareTopology(broker.connection, orderTopology('classic'))).different, []);
});

test("a legacy service's TTL queues may be quorum queues, and their other arguments are compared", async (t) => {
  const broker = await createBroker(t);
  const [delayQueue, cancelQueue] = orderTopology('quorum').queues.slice(2);
  const ofHost = { 'x-queue-type': 'quorum' };
  await broker.channel.assertQueue('order_cancel_queue', { arguments: { ...cancelQueue?.arguments, ...ofHost } });
  const other = { ...delayQueue?.arguments, ...ofHost, 'x-message-ttl': 60_000 };
  await broker.channel.assertQueue('order_delay_queue', { arguments: other });
  const { different } = await compareTopology(broker.connection, orderTopology('quorum'));
  t.deepEqual(different, [
    "queue order_delay_queue was declared before with another x-message-ttl: here '1800000', in the broker '60000'.",
  ]);
});
