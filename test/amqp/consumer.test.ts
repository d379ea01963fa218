import type { ConsumeMessage } from 'amqplib';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { createDependent, createGatedHandler, reaches, startConsumer } from '../helpers/consumer.js';

const [QUEUE, DLQ] = ['order_create_queue', 'order_create_dlq'];
const ack = { kind: 'ack' } as const;
const sent = {
  messageId: 'order-1',
  type: 'order.create',
  timestamp: 1_772_000_000,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  correlationId: 'request-1',
  headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
};

const headersOf = (message: { properties: ConsumeMessage['properties'] }): Record<string, unknown> =>
  message.properties.headers ?? {};

for (const type of ['quorum', 'classic'] as const) {
  test(`${type}: a handled message leaves its queue`, async (t) => {
    const { server, consumer, outcomes } = await startConsumer(t, { type, handler: async () => ack });
    await server.send(QUEUE, 'body', sent);
    await reaches('the outcome', () => outcomes.length, 1);
    await consumer.stop(1_000);
    t.deepEqual([outcomes, await server.ready(QUEUE), await server.ready(DLQ)], [['ack'], 0, 0]);
  });

  test(`${type}: a message that fails is tried three times, and is then moved with its history`, async (t) => {
    const attempts: unknown[] = [];
    const { server, outcomes } = await startConsumer(t, {
      type,
      handler: async (message) => {
        attempts.push(headersOf(message)['x-attempts']);
        return { kind: 'retry', reason: `fault ${attempts.length}` };
      },
    });
    await server.send(QUEUE, 'body', sent);
    const dead = await server.take(DLQ);
    await reaches('the outcomes', () => outcomes.length, 3);
    t.deepEqual(attempts, [undefined, 1, 2]);
    t.deepEqual(outcomes, ['retry', 'retry', 'park']);
    const { 'x-first-failed-at': first, 'x-last-failed-at': last, ...headers } = headersOf(dead);
    t.like(headers, { 'x-attempts': 3, 'x-reason': 'fault 3 (3 attempts)', 'x-failed-queue': QUEUE });
    t.true(Date.parse(String(first)) < Date.parse(String(last)));
  });

  test(`${type}: a message keeps its properties in retries and in the dead-letter queue`, async (t) => {
    const { server } = await startConsumer(t, { type, handler: async () => ({ kind: 'retry', reason: 'fault' }) });
    await server.send(QUEUE, 'body', sent);
    const { properties, content } = await server.take(DLQ);
    t.like(properties, { ...sent, deliveryMode: 2 });
    t.is(content.toString(), 'body');
  });

  test(`${type}: a message that waits for a dependency is acked when the dependency is back, and loses no attempt`, async (t) => {
    const { handler, seen, comeBack } = createDependent();
    const { server, outcomes } = await startConsumer(t, { type, handler });
    await server.send(QUEUE, 'body', sent);
    await reaches('some tries', () => seen.length, 3);
    comeBack();
    await reaches('the outcome', () => outcomes.length, 1);
    t.deepEqual(outcomes, ['ack']);
    t.true(seen.every((message) => headersOf(message)['x-attempts'] === undefined && !message.fields.redelivered));
  });

  test(`${type}: a message is put back in a long outage, with its attempts unchanged`, async (t) => {
    const { handler, seen } = createDependent();
    const { server, outcomes } = await startConsumer(t, { type, handler, holdMs: 0 });
    await server.send(QUEUE, 'body', { ...sent, headers: { ...sent.headers, 'x-attempts': 2 } });
    await reaches('the message to be put back', () => outcomes.length, 1);
    const again = await until('the fresh copy', async () => seen.find(isFresh), Boolean);
    t.is(outcomes[0], 'put-back');
    t.is(again && headersOf(again)['x-attempts'], 2);
    function isFresh(message: ConsumeMessage): boolean {
      return message.fields.deliveryTag > 1;
    }
  });

  test(`${type}: a message whose connection is cut during the handling is redelivered`, async (t) => {
    const { handler, seen, open } = createGatedHandler();
    const { server, outcomes } = await startConsumer(t, { type, handler });
    await server.send(QUEUE, 'body', sent);
    await reaches('the delivery', () => seen.length, 1);
    await server.cut('under-test');
    await reaches('the redelivery', () => seen.length, 2);
    open();
    await reaches('the outcome', () => outcomes.length, 1);
    t.deepEqual([outcomes, seen[1]?.fields.redelivered], [['ack'], true]);
  });

  test(`${type}: a consumer whose queue was deleted consumes again when the queue is back`, async (t) => {
    const { server, broker, outcomes } = await startConsumer(t, { type, handler: async () => ack });
    await server.channel.deleteQueue(QUEUE);
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
    await server.send(QUEUE, 'body', sent);
    await reaches('the outcome', () => outcomes.length, 1);
    t.deepEqual(outcomes, ['ack']);
  });
}

test('a handler that throws is a failure, with its message as the reason', async (t) => {
  const { server } = await startConsumer(t, {
    handler: async () => {
      throw new Error('out of paper');
    },
  });
  await server.send(QUEUE, 'body', sent);
  t.is(headersOf(await server.take(DLQ))['x-reason'], 'out of paper (3 attempts)');
});

test('a parked message is moved at once', async (t) => {
  const seen: ConsumeMessage[] = [];
  const { server } = await startConsumer(t, {
    handler: async (message) => {
      seen.push(message);
      return { kind: 'park', reason: 'not JSON' };
    },
  });
  await server.send(QUEUE, 'body', sent);
  t.like(headersOf(await server.take(DLQ)), { 'x-attempts': 1, 'x-reason': 'not JSON' });
  t.is(seen.length, 1);
});

test('a dead letter of the cancel queue keeps the key of that queue', async (t) => {
  const handler = async () => ({ kind: 'park', reason: 'not JSON' }) as const;
  const { server } = await startConsumer(t, { queue: 'order_cancel_queue', handler });
  await server.send('order_cancel_queue', 'body', sent);
  const dead = await server.take(DLQ);
  t.is(dead.fields.routingKey, 'order.cancel');
  t.is(headersOf(dead)['x-failed-queue'], 'order_cancel_queue');
});

test('a message without an id gets an id when the message is moved', async (t) => {
  const { server } = await startConsumer(t, { handler: async () => ({ kind: 'park', reason: 'not JSON' }) });
  await server.send(QUEUE, 'body', { messageId: '' });
  t.regex((await server.take(DLQ)).properties.messageId, /^[0-9a-f-]{36}$/);
});

test('attempts that are no number count as 0', async (t) => {
  const { server, outcomes } = await startConsumer(t, { handler: async () => ({ kind: 'retry', reason: 'fault' }) });
  await server.send(QUEUE, 'body', { headers: { 'x-attempts': 'many' } });
  t.is(headersOf(await server.take(DLQ))['x-attempts'], 3);
  await reaches('the outcomes', () => outcomes.length, 3);
});

test('headers that amqplib reads and cannot write do not stop the move to the dead-letter queue', async (t) => {
  const { server } = await startConsumer(t, { handler: async () => ({ kind: 'park', reason: 'not JSON' }) });
  await server.send(QUEUE, 'body', { headers: { ...sent.headers, ratio: { '!': 'double', value: -1e300 } } });
  t.like(headersOf(await server.take(DLQ)), { ...sent.headers, 'x-reason': 'not JSON' });
});

test('a copy goes only to its queue, and to no other receiver of the first message', async (t) => {
  const { server, outcomes } = await startConsumer(t, { handler: async () => ({ kind: 'retry', reason: 'fault' }) });
  await server.channel.assertQueue('listener');
  await server.send(QUEUE, 'body', { CC: 'listener' });
  await reaches('the last attempt', () => outcomes.length, 3);
  t.is(await server.ready('listener'), 1);
});

test('a message that the broker dead-letters after a retry is in the dead-letter queue', async (t) => {
  const { server, consumer, outcomes } = await startConsumer(t, {
    handler: async ({ properties }) => {
      if (properties.headers?.['x-attempts'] === 1) await new Promise(() => undefined);
      return { kind: 'retry', reason: 'fault' };
    },
  });
  await server.send(['order_exchange', 'order.create'], 'body', sent);
  await reaches('the retry', () => outcomes.length, 1);
  await consumer.stop(0);
  await server.cut('under-test');
  const again = await until('the copy', () => server.channel.get(QUEUE), Boolean);
  if (again) server.channel.nack(again, false, false);
  t.is((await server.take(DLQ)).content.toString(), 'body');
});

test('an unlisted error that fails one message after another parks no message', async (t) => {
  let broken = true;
  const { promise: allSent, resolve: sent } = Promise.withResolvers<void>();
  const { server, outcomes, log } = await startConsumer(t, {
    handler: async () => {
      await allSent;
      if (broken) throw new Error('an unlisted error');
      return ack;
    },
  });
  const notices = () =>
    log.lines.filter(({ level, message }) => level === 'error' && message.includes('all wait')).length;
  for (let i = 0; i < 20; i++) await server.send(QUEUE, `body ${i}`, { messageId: `order-${i}` });
  sent();
  await reaches('the notice', notices, 1);
  broken = false;
  const acks = () => outcomes.filter((outcome) => outcome === 'ack').length;
  await reaches('all messages to be handled', acks, 20);
  t.deepEqual([notices(), await server.ready(DLQ)], [1, 0]);
});

test('no more deliveries than the prefetch are handled at the same time', async (t) => {
  const gated = createGatedHandler();
  const { seen, open } = gated;
  const handler = async (message: ConsumeMessage) =>
    message.content.toString() === 'first' ? ack : await gated.handler(message);
  const { server, consumer, outcomes } = await startConsumer(t, { handler, prefetch: 3 });
  await server.send(QUEUE, 'first');
  await reaches('the first', () => outcomes.length, 1);
  for (let i = 0; i < 8; i++) await server.send(QUEUE, `body ${i}`);
  await reaches('the deliveries', () => seen.length, 3);
  t.deepEqual([consumer.inHand(), await server.ready(QUEUE)], [3, 5]);
  open();
  await reaches('the outcomes', () => outcomes.length, 9);
  t.is(await server.ready(QUEUE), 0);
});
