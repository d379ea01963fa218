import type { ChannelModel } from 'amqplib';
import test from 'ava';
import { type Broker, createBrokerConnection } from '../../src/amqp/connection.js';
import { createQueueDepth } from '../../src/amqp/queue-depth.js';
import { orderTopology } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { isUnavailable } from '../../src/domain/errors.js';
import { connectUnderTest, createBroker, createTestLog, type TestBroker } from '../helpers/broker.js';
import { createGate } from '../helpers/gate.js';

const state = (broker: Broker, wanted: string) =>
  until(
    `the connection to be ${wanted}`,
    async () => broker.state(),
    (now) => now === wanted,
  );

const consume = async (connection: ChannelModel): Promise<void> => {
  const channel = await connection.createChannel();
  await channel.consume('order_create_queue', () => undefined);
};

const consumers = async ({ channel }: TestBroker): Promise<number> =>
  (await channel.checkQueue('order_create_queue')).consumerCount;

const connections = async ({ api }: TestBroker): Promise<number> => {
  const listed = (await api('GET', '/api/vhosts/{vhost}/connections')) as {
    client_properties?: { connection_name?: string };
  }[];
  return listed.filter((connection) => connection.client_properties?.connection_name === 'under-test').length;
};

test('the connection is up when its setup is done and its topology exists', async (t) => {
  const server = await createBroker(t);
  const broker = await connectUnderTest(t, server.url, consume);
  t.notThrows(broker.check);
  t.is(await consumers(server), 1);
});

test('a lost broker is reported as unavailable until the reconnect', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const broker = await connectUnderTest(t, gate.url, consume);
  gate.cut();
  await state(broker, 'connecting');
  t.true(isUnavailable(t.throws(broker.check)));
  await state(broker, 'connected');
  t.notThrows(broker.check);
});

test('each connection is set up anew, one consumer at a time', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const broker = await connectUnderTest(t, gate.url, consume);
  for (const _ of [1, 2, 3]) {
    gate.cut();
    await state(broker, 'connecting');
    await state(broker, 'connected');
  }
  await until(
    'the old consumers to be gone',
    () => consumers(server),
    (count) => count === 1,
  );
  t.is(gate.made(), 4);
});

test('a connection that breaks during its setup is opened again', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  let setups = 0;
  const broker = await connectUnderTest(t, gate.url, async (connection) => {
    await consume(connection);
    if (++setups < 3) gate.cut();
    await consume(connection);
  });
  t.deepEqual([setups, broker.state()], [3, 'connected']);
});

test('a connection that closes at the end of its setup is replaced', async (t) => {
  const server = await createBroker(t);
  let setups = 0;
  await connectUnderTest(t, server.url, async (connection) => {
    await consume(connection);
    if (++setups === 1) await connection.close();
  });
  t.is(setups, 2);
});

test('a setup that fails half-way leaves no connection and no consumer behind', async (t) => {
  const server = await createBroker(t);
  let setups = 0;
  await connectUnderTest(t, server.url, async (connection) => {
    await consume(connection);
    if (++setups < 3) throw new Error('half-way');
  });
  t.is(await consumers(server), 1);
  t.is(
    await until(
      'the connections to be counted',
      () => connections(server),
      (count) => count === 1,
    ),
    1,
  );
});

test('the connection waits for a broker that is not started yet', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  gate.hold();
  const connecting = connectUnderTest(t, gate.url, consume);
  await until(
    'a first try',
    async () => gate.made(),
    (made) => made > 0,
  );
  gate.cut();
  gate.release();
  t.is((await connecting).state(), 'connected');
});

test('a close without a connection ends at once, and no connection is opened later', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const broker = await connectUnderTest(t, gate.url, consume);
  gate.hold();
  gate.cut();
  await state(broker, 'connecting');
  await broker.close();
  gate.release();
  await until(
    'the consumer to be gone',
    () => consumers(server),
    (count) => count === 0,
  );
  t.is(broker.state(), 'closed');
});

test('a close ends when the broker never answers', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const broker = await connectUnderTest(t, gate.url, consume);
  gate.hold();
  await t.notThrowsAsync(broker.close());
});

test('a close ends when the connection breaks at the same time', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const broker = await connectUnderTest(t, gate.url, consume);
  gate.hold();
  const closing = broker.close();
  gate.cut();
  await t.notThrowsAsync(closing);
});

test('a close during a setup leaves no connection', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const reached = Promise.withResolvers<void>();
  let setups = 0;
  const broker = await connectUnderTest(t, gate.url, async (connection) => {
    await consume(connection);
    if (++setups === 1) return;
    reached.resolve();
    await new Promise(() => 'a setup that never ends');
  });
  gate.cut();
  await reached.promise;
  await broker.close();
  t.is(
    await until(
      'the consumer to be gone',
      () => consumers(server),
      (count) => count === 0,
    ),
    0,
  );
});

test('a reconnect declares a deleted topology again', async (t) => {
  const server = await createBroker(t);
  const broker = await connectUnderTest(t, server.url, async () => undefined);
  await server.channel.deleteQueue('order_cancel_queue');
  await server.cut('under-test');
  await state(broker, 'connecting');
  await state(broker, 'connected');
  t.is(await server.ready('order_cancel_queue'), 0);
});

test('a lost connection and the reconnect are logged', async (t) => {
  const server = await createBroker(t);
  const gate = await createGate(t, server.url);
  const log = createTestLog();
  const topology = orderTopology('quorum');
  const broker = createBrokerConnection({
    url: gate.url,
    name: 'under-test',
    topology,
    log,
    setup: async () => undefined,
  });
  t.teardown(broker.close);
  await broker.connect();
  gate.cut();
  await state(broker, 'connecting');
  await state(broker, 'connected');
  const messages = log.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
  t.deepEqual(messages, [
    'connected to RabbitMQ',
    'RabbitMQ connection error',
    'lost RabbitMQ, connecting again',
    'connected to RabbitMQ',
  ]);
});

test("a read of a queue's length fails as an outage when the connection is lost", async (t) => {
  const server = await createBroker(t, 'quorum');
  const gate = await createGate(t, server.url);
  const depth = createQueueDepth('order_create_queue');
  const broker = await connectUnderTest(t, gate.url, async (model) => {
    const createChannel = model.createChannel.bind(model);
    model.createChannel = async () => {
      const channel = await createChannel();
      const close = channel.close.bind(channel);
      channel.close = () => {
        gate.cut();
        return close();
      };
      return channel;
    };
    depth.attach(model);
  });
  t.true(isUnavailable(await t.throwsAsync(depth.waiting())));
  await state(broker, 'connected');
});
