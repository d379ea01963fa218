import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { createDependent, createGatedHandler, reaches, startConsumer } from '../helpers/consumer.js';
import { createGate } from '../helpers/gate.js';

const QUEUE = 'order_create_queue';
const ack = { kind: 'ack' } as const;
const NEVER = 600_000;
const letter = { exchange: '', content: Buffer.from('body'), properties: { messageId: 'one' } };

test('stop waits for the deliveries that are being handled', async (t) => {
  const { handler, seen, open } = createGatedHandler();
  const { server, publisher, consumer, outcomes } = await startConsumer(t, { handler, type: 'classic' });
  await server.send(QUEUE, 'body');
  await reaches('the delivery', () => seen.length, 1);
  const stopping = consumer.stop(NEVER).then(() => outcomes.push('stopped'));
  await until(
    'the consumer to be gone',
    () => server.channel.checkQueue(QUEUE),
    ({ consumerCount }) => consumerCount === 0,
  );
  // When this confirm has come, the consumer has received the answer to its cancel.
  await publisher.publish({ ...letter, routingKey: 'order_cancel_queue' });
  open();
  await stopping;
  t.deepEqual(outcomes, ['ack', 'stopped']);
});

test('the acks of a stopping consumer reach the broker before its connection closes', async (t) => {
  const { handler, seen, open } = createGatedHandler();
  const { server, broker, publisher, consumer } = await startConsumer(t, { handler });
  for (let i = 0; i < 10; i++) await server.send(QUEUE, 'body');
  await reaches('the deliveries', () => seen.length, 10);
  const stopping = consumer.stop(NEVER);
  // The broker answers the cancel meanwhile, so that the acks are the last frames before the close.
  for (let i = 0; i < 10; i++) await publisher.publish({ ...letter, routingKey: 'order_cancel_queue' });
  open();
  await stopping;
  await broker.close();
  // The broker requeues the messages without an ack before it answers another connection's request for the queue.
  t.deepEqual(await server.channel.purgeQueue(QUEUE), { messageCount: 0 });
});

test('a stopped consumer takes no more deliveries', async (t) => {
  const { server, consumer } = await startConsumer(t, { handler: async () => ack });
  await consumer.stop(NEVER);
  await server.send(QUEUE, 'body');
  t.is(await server.ready(QUEUE), 1);
});

test('a stopping consumer takes no deliveries after a reconnect', async (t) => {
  const { handler, seen, open } = createGatedHandler();
  const { server, broker, consumer } = await startConsumer(t, { handler });
  await server.send(QUEUE, 'body');
  await reaches('the delivery', () => seen.length, 1);
  const stopping = consumer.stop(NEVER);
  await server.cut('under-test');
  await until(
    'the loss',
    async () => broker.state(),
    (state) => state === 'connecting',
  );
  await until(
    'the return',
    async () => broker.state(),
    (state) => state === 'connected',
  );
  open();
  await stopping;
  t.is(seen.length, 1);
  t.is(
    await until(
      'the message to be back',
      () => server.ready(QUEUE),
      (count) => count === 1,
    ),
    1,
  );
});

test('a consumer that is stopped while it attaches takes no deliveries', async (t) => {
  const { server, broker, consumer, outcomes } = await startConsumer(t, { handler: async () => ack });
  await server.cut('under-test');
  await until(
    'the loss',
    async () => broker.state(),
    (state) => state === 'connecting',
  );
  await consumer.stop(NEVER);
  await until(
    'the return',
    async () => broker.state(),
    (state) => state === 'connected',
  );
  await server.send(QUEUE, 'body');
  t.deepEqual([await server.ready(QUEUE), outcomes], [1, []]);
});

test('stop ends after its grace when a handler does not end', async (t) => {
  const { handler, seen } = createGatedHandler();
  const { server, consumer } = await startConsumer(t, { handler });
  await server.send(QUEUE, 'body');
  await reaches('the delivery', () => seen.length, 1);
  await consumer.stop(50);
  t.is(consumer.inHand(), 1);
});

test('a delivery that waits for a dependency does not delay the stop, and is requeued', async (t) => {
  const { handler, seen } = createDependent();
  const { server, consumer } = await startConsumer(t, { handler });
  await server.send(QUEUE, 'body');
  await reaches('a try', () => seen.length, 1);
  await consumer.stop(NEVER);
  t.is(
    await until(
      'the message to be back',
      () => server.ready(QUEUE),
      (count) => count === 1,
    ),
    1,
  );
});

test('a delivery that waits for its next attempt does not delay the stop, and keeps its count', async (t) => {
  let failed = 0;
  const { server, consumer } = await startConsumer(t, {
    retryDelayMs: NEVER,
    handler: async () => {
      failed++;
      return { kind: 'retry', reason: 'fault' };
    },
  });
  await server.send(QUEUE, 'body');
  await reaches('the failure', () => failed, 1);
  await consumer.stop(NEVER);
  t.is((await server.take(QUEUE)).properties.headers?.['x-attempts'], 1);
});

test('stop ends while the broker is away', async (t) => {
  const { server, broker, consumer } = await startConsumer(t, { handler: async () => ack });
  await broker.close();
  await t.notThrowsAsync(consumer.stop(NEVER));
  t.is(await server.ready(QUEUE), 0);
});

test('stop ends after its grace when the broker does not answer', async (t) => {
  const { server } = await startConsumer(t, { handler: async () => ack });
  const gate = await createGate(t, server.url);
  const { consumer } = await startConsumer(t, { handler: async () => ack, via: () => gate.url });
  gate.hold();
  await t.notThrowsAsync(consumer.stop(50));
  gate.release();
});
