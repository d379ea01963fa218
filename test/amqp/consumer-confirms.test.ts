import test from 'ava';
import type { Handler } from '../../src/amqp/delivery.js';
import { until } from '../../src/cli/story/until.js';
import { unavailable } from '../../src/domain/errors.js';
import { createDependent, createGatedHandler, reaches, startConsumer } from '../helpers/consumer.js';

const [QUEUE, DLQ] = ['order_create_queue', 'order_create_dlq'];
const ack = { kind: 'ack' } as const;

const ways: readonly (readonly [name: string, fail: Handler])[] = [
  ['retry', async () => ({ kind: 'retry', reason: 'fault' })],
  ['park', async () => ({ kind: 'park', reason: 'fault' })],
  [
    'put-back',
    async () => {
      throw unavailable('Temporal', new Error('away'));
    },
  ],
];

for (const [name, fail] of ways) {
  test(`${name}: nothing is acked before the copy is confirmed`, async (t) => {
    const confirm = Promise.withResolvers<void>();
    let copies = 0;
    const { server, consumer } = await startConsumer(t, {
      handler: fail,
      holdMs: -1,
      publish: async () => {
        copies++;
        await confirm.promise;
      },
    });
    await server.send(QUEUE, 'body');
    await reaches('the copy', () => copies, 1);
    t.is(consumer.inHand(), 1);
    await server.cut('under-test');
    await reaches('the redelivery', () => copies, 2);
    t.is(consumer.inHand(), 2, 'the first copy, which is never confirmed, and the second copy');
  });

  test(`${name}: a copy that could not be published leaves the message in its queue`, async (t) => {
    let away = true;
    const { server, publisher, outcomes } = await startConsumer(t, {
      handler: async (message) => (away ? await fail(message) : ack),
      holdMs: -1,
      giveBackMs: -1,
      publish: async () => {
        away = false;
        throw unavailable('the broker', new Error('no confirm'));
      },
    });
    await server.send(QUEUE, 'body');
    await reaches('the outcome', () => outcomes.length, 1);
    t.deepEqual([outcomes, publisher.inFlight(), await server.ready(DLQ)], [['ack'], 0, 0]);
  });
}

test('the confirm of a copy has the rest of the delivery’s time', async (t) => {
  const [holdMs, giveBackMs] = [200, 900_000];
  const given: (number | undefined)[] = [];
  const { server, outcomes } = await startConsumer(t, {
    handler: createDependent().handler,
    holdMs,
    giveBackMs,
    publish: async (_copy, withinMs) => void given.push(withinMs),
  });
  await server.send(QUEUE, 'body');
  await reaches('the outcome', () => outcomes.length, 1);
  t.is(outcomes[0], 'put-back');
  t.true(given[0] !== undefined && given[0] <= giveBackMs - holdMs, `${given}`);
});

test('a delivery whose channel has closed is not copied, because the broker redelivers it', async (t) => {
  const first = Promise.withResolvers<void>();
  let given = 0;
  const { server, outcomes } = await startConsumer(t, {
    handler: async () => {
      if (++given === 1) {
        await first.promise;
        return { kind: 'park', reason: 'of the old delivery' };
      }
      return { kind: 'park', reason: 'of the new delivery' };
    },
  });
  await server.send(QUEUE, 'body');
  await reaches('the delivery', () => given, 1);
  await server.cut('under-test');
  await reaches('the new outcome', () => outcomes.length, 1);
  first.resolve();
  t.is((await server.take(DLQ)).properties.headers?.['x-reason'], 'of the new delivery');
  // A copy of the old delivery would be confirmed before this.
  await server.send(['order_dlx', 'order.create'], 'the next');
  t.is((await server.take(DLQ)).content.toString(), 'the next');
});

test('a delivery that waits is dropped when its channel closes', async (t) => {
  const { handler, seen } = createDependent();
  const { server, consumer } = await startConsumer(t, { handler });
  await server.send(QUEUE, 'body');
  await reaches('a try', () => seen.length, 1);
  const channels = () => new Set(seen.map(({ fields }) => fields.consumerTag)).size;
  for (const deliveries of [2, 3]) {
    await server.cut('under-test');
    await reaches('the new delivery', channels, deliveries);
  }
  t.is(
    await until(
      'the old deliveries to end',
      async () => consumer.inHand(),
      (count) => count === 1,
    ),
    1,
  );
});

test('an ack that fails leaves the message to the broker', async (t) => {
  const { handler, seen, open } = createGatedHandler();
  const { server, outcomes, consumer } = await startConsumer(t, { handler });
  await server.send(QUEUE, 'body');
  await reaches('the delivery', () => seen.length, 1);
  await server.cut('under-test');
  await reaches('the new delivery', () => seen.length, 2);
  open();
  await until(
    'both to end',
    async () => consumer.inHand(),
    (count) => count === 0,
  );
  t.deepEqual(outcomes, ['ack']);
});
