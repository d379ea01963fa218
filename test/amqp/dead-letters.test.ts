import { type ChannelModel, connect } from 'amqplib';
import test, { type ExecutionContext } from 'ava';
import { createConsumer } from '../../src/amqp/consumer.js';
import { openDeadLetters } from '../../src/amqp/dead-letters.js';
import { declareTopology } from '../../src/amqp/declare.js';
import type { Outcome } from '../../src/amqp/delivery.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { ORDER_CANCEL_QUEUE, ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE, orderTopology } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';
import { createVhost } from '../helpers/servers.js';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

async function broker(t: ExecutionContext) {
  const { url } = await createVhost(t);
  const connection = await connect(url);
  t.teardown(() => connection.close());
  await declareTopology(connection, orderTopology('quorum'));
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  await publisher.attach(connection);
  const channel = await connection.createChannel();
  /** Fails every message with `outcome` until `count` dead letters are in their queue. */
  async function fail(queue: string, ids: readonly string[], outcome: Outcome, count: number): Promise<void> {
    for (const messageId of ids) {
      const properties = { messageId, type: 'order.create', headers: { traceparent: 'kept' } };
      await publisher.publish({ exchange: '', routingKey: queue, content: Buffer.from(messageId), properties });
    }
    const consuming = await connect(url);
    const consumer = createConsumer({
      queue,
      prefetch: 10,
      handler: async () => outcome,
      publish: publisher.publish,
      log,
      retryDelayMs: 1,
      holdMs: 1_000,
      giveBackMs: 120_000,
      checkPublish: publisher.check,
    });
    await consumer.attach(consuming);
    await until(
      'the dead letters',
      () => depth(ORDER_CREATE_DLQ),
      (found) => found === count,
    );
    await consumer.stop(1_000);
    await consuming.close();
  }
  const depth = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
  return { connection, channel, fail, depth, letters: openDeadLetters(connection, quiet) };
}

test('a dead letter has the reason, the number and the times of its failures, and a list leaves it in the queue', async (t) => {
  const { letters, fail, depth } = await broker(t);
  const from = new Date().toISOString();
  await fail(ORDER_CREATE_QUEUE, ['one'], { kind: 'retry', reason: 'the reason' }, 1);
  for (let look = 0; look < 2; look++) {
    await until(
      'the dead letter to be in its queue',
      () => depth(ORDER_CREATE_DLQ),
      (found) => found === 1,
    );
    const [letter, ...others] = await letters.list();
    t.deepEqual(others, []);
    t.deepEqual([letter?.id, letter?.queue, letter?.body.toString()], ['one', ORDER_CREATE_QUEUE, 'one']);
    t.deepEqual([letter?.attempts, letter?.redrives], [3, 0]);
    t.regex(letter?.reason ?? '', /the reason/);
    t.true(from <= (letter?.firstFailedAt ?? '') && (letter?.firstFailedAt ?? '') <= (letter?.lastFailedAt ?? ''));
  }
});

test('a dead letter that is listed often is not dropped by the broker, and keeps its history', async (t) => {
  const { letters, fail, depth, channel } = await broker(t);
  await fail(ORDER_CREATE_QUEUE, ['often'], { kind: 'park', reason: 'no' }, 1);
  const [before] = await letters.list();
  for (let look = 0; look < 30; look++) {
    await until(
      'the dead letter to be in its queue',
      () => depth(ORDER_CREATE_DLQ),
      (found) => found === 1,
    );
    t.deepEqual(await letters.list(), [before]);
  }
  const message = await until('the letter', () => channel.get(ORDER_CREATE_DLQ), Boolean);
  const { headers } = message ? message.properties : {};
  t.true(Number(headers?.['x-delivery-count'] ?? 0) < 20, 'RabbitMQ 4 drops a message at twenty');
  t.is(headers?.traceparent, 'kept');
});

test('a dead letter that was read often is held while the broker accepts no copy of it', async (t) => {
  const { letters, fail, depth, connection } = await broker(t);
  await fail(ORDER_CREATE_QUEUE, ['often'], { kind: 'park', reason: 'no' }, 1);
  for (let look = 0; look < 10; look++) {
    await until(
      'the dead letter to be in its queue',
      () => depth(ORDER_CREATE_DLQ),
      (found) => found === 1,
    );
    await letters.list();
  }
  await until(
    'the dead letter to be in its queue',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 1,
  );
  const [full, lines] = [await refusing(connection), [] as string[]];
  const looking = openDeadLetters(full.connection, (line) => lines.push(line)).list();
  await until(
    'the notice',
    async () => lines.length,
    (lines) => lines === 1,
  );
  t.regex(lines[0] ?? '', /Dead letter often was looked at often, and RabbitMQ takes no copy of it now/);
  t.is(await depth(ORDER_CREATE_DLQ), 0, 'the letter is held');
  full.take();
  const found = await looking;
  t.deepEqual([found.map(({ id }) => id), lines.length], [['often'], 1]);
});

/** The same connection, whose publishes are nacked, as by a full queue, until the test ends this. */
async function refusing(connection: ChannelModel) {
  const channel = await connection.createConfirmChannel();
  const publish = channel.publish.bind(channel);
  let takes = false;
  channel.publish = (exchange, key, content, options, confirmed) => {
    if (takes) return publish(exchange, key, content, options, confirmed);
    confirmed?.(new Error('message nacked'), undefined as never);
    return true;
  };
  return {
    connection: Object.create(connection, { createConfirmChannel: { value: async () => channel } }) as ChannelModel,
    take: () => {
      takes = true;
    },
  };
}

test('one dead letter is redriven to the queue in which it failed, and the others keep their order', async (t) => {
  const { letters, fail, depth, channel } = await broker(t);
  await fail(ORDER_CANCEL_QUEUE, ['a', 'b', 'c'], { kind: 'park', reason: 'no' }, 3);
  t.deepEqual(
    (await letters.redrive(['b'])).map(({ id }) => id),
    ['b'],
  );
  t.is(await depth(ORDER_CANCEL_QUEUE), 1);
  const message = (await channel.get(ORDER_CANCEL_QUEUE, { noAck: true })) || undefined;
  t.is(message?.properties.messageId, 'b');
  t.is(message?.properties.headers?.traceparent, 'kept');
  await until(
    'the others to be back',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 2,
  );
  t.deepEqual(
    (await letters.list()).map(({ id }) => id),
    ['a', 'c'],
  );
});

test('a redriven message that fails again keeps its history, and gets three new attempts', async (t) => {
  const { letters, fail, depth } = await broker(t);
  await fail(ORDER_CREATE_QUEUE, ['again'], { kind: 'retry', reason: 'first' }, 1);
  const [before] = await letters.list();
  await until(
    'the letter to be back',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 1,
  );
  t.is((await letters.redrive()).length, 1);
  await fail(ORDER_CREATE_QUEUE, [], { kind: 'retry', reason: 'second' }, 1);
  const [after] = await letters.list();
  t.deepEqual([after?.attempts, after?.redrives], [6, 1]);
  t.is(after?.firstFailedAt, before?.firstFailedAt);
  t.true((after?.lastFailedAt ?? '') > (before?.lastFailedAt ?? ''));
  t.regex(after?.reason ?? '', /second/);
});

test('a dead letter whose queue does not exist stays until the queue exists', async (t) => {
  const { letters, fail, depth, channel, connection } = await broker(t);
  await fail(ORDER_CREATE_QUEUE, ['x'], { kind: 'park', reason: 'no' }, 1);
  await channel.deleteQueue(ORDER_CREATE_QUEUE);
  await t.throwsAsync(letters.redrive(), { name: 'Unroutable' });
  await until(
    'the unsent letter to be back',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 1,
  );
  await declareTopology(connection, orderTopology('quorum'));
  t.is((await letters.redrive()).length, 1);
  t.is(await depth(ORDER_CREATE_QUEUE), 1);
});

test('a discarded dead letter is gone, and an unknown id discards nothing', async (t) => {
  const { letters, fail, depth } = await broker(t);
  await fail(ORDER_CREATE_QUEUE, ['p', 'q'], { kind: 'park', reason: 'no' }, 2);
  t.deepEqual(await letters.discard(['nobody']), []);
  await until(
    'both letters to be back',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 2,
  );
  t.deepEqual(
    (await letters.discard(['p'])).map(({ id }) => id),
    ['p'],
  );
  await until(
    'the other to be back',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 1,
  );
  t.deepEqual(
    (await letters.list()).map(({ id }) => id),
    ['q'],
  );
});

test('a discard that fails half-way has reported the dead letters that are removed', async (t) => {
  const { letters, fail, depth } = await broker(t);
  await fail(ORDER_CREATE_QUEUE, ['p', 'q'], { kind: 'park', reason: 'no' }, 2);
  const gone: string[] = [];
  const ids = Object.assign(['p', 'q'], {
    includes(id: string) {
      if (gone.length === 0 && id === 'p') return true;
      throw new Error('half-way');
    },
  });
  await t.throwsAsync(
    letters.discard(ids, ({ id }) => void gone.push(id)),
    { message: 'half-way' },
  );
  t.deepEqual(gone, ['p']);
  await until(
    'the other to be back',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 1,
  );
});

test("a dead letter that the broker moved names its queue and the broker's reason", async (t) => {
  const { letters, channel, depth } = await broker(t);
  channel.sendToQueue(ORDER_CREATE_QUEUE, Buffer.from('body'), {});
  const message = await until('the message', () => channel.get(ORDER_CREATE_QUEUE), Boolean);
  if (message) channel.reject(message, false);
  await until(
    'the dead letter',
    () => depth(ORDER_CREATE_DLQ),
    (found) => found === 1,
  );
  const [letter] = await letters.list();
  t.is(letter?.queue, ORDER_CREATE_QUEUE);
  t.regex(letter?.reason ?? '', /broker: rejected/);
  t.regex(letter?.id ?? '', /^[0-9a-f]{12}$/);
});
