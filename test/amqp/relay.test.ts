import test from 'ava';
import type { OutgoingMessage } from '../../src/amqp/outgoing-message.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { createRelay } from '../../src/amqp/relay.js';
import { until } from '../../src/cli/story/until.js';
import type { Checkout } from '../../src/domain/checkout.js';
import { unavailable } from '../../src/domain/errors.js';
import { checkout, connectUnderTest, createBroker, createTestLog } from '../helpers/broker.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

const numbered = (n: number): Checkout => ({ ...checkout, orderId: `order-${n}` });

/** An outbox in memory: a checkout stays until the checkout is marked. */
function createOutbox(rows: readonly Checkout[]) {
  const unmarked = new Map(rows.map((row) => [row.orderId, row]));
  let fail = false;
  return {
    left: () => [...unmarked.keys()],
    failToMark: (failing: boolean) => {
      fail = failing;
    },
    unpublished: async ({ limit }: { limit: number }) => [...unmarked.values()].slice(0, limit),
    markPublished: async (orderId: string) => {
      if (fail) throw unavailable('MySQL', new Error('away'));
      unmarked.delete(orderId);
    },
  };
}

/** A publisher whose confirms the test sends. */
function createSlowPublisher() {
  const sent: OutgoingMessage[] = [];
  const answers: { confirm: () => void; fail: (error: Error) => void }[] = [];
  return {
    sent,
    answers,
    attach: async () => undefined,
    check: async () => undefined,
    inFlight: () => answers.length,
    publish: async (message: OutgoingMessage) => {
      sent.push(message);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      answers.push({ confirm: resolve, fail: reject });
      return promise;
    },
  };
}

function startSlow(rows: readonly Checkout[], capacity = 10) {
  const [outbox, publisher, log] = [createOutbox(rows), createSlowPublisher(), createTestLog()];
  const relay = createRelay({ outbox, publisher, log, capacity, sweepAgeMs: 0 });
  return { outbox, publisher, log, relay };
}

async function startReal(t: Parameters<typeof createBroker>[0], rows: readonly Checkout[]) {
  const server = await createBroker(t, 'quorum');
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  const broker = await connectUnderTest(t, server.url, publisher.attach);
  const outbox = createOutbox(rows);
  const relay = createRelay({ outbox, publisher, log: createTestLog(), capacity: 10, sweepAgeMs: 0 });
  return { server, broker, outbox, relay };
}

test('an offered checkout is published in the documented form, and marked', async (t) => {
  const { server, outbox, relay } = await startReal(t, [checkout]);
  relay.offer(checkout);
  await relay.idle();
  const { properties, content, fields } = await server.take('order_create_queue');
  t.like(properties, {
    messageId: checkout.orderId,
    type: 'order.create',
    timestamp: checkout.createdAt.getTime() / 1000,
    contentType: 'application/json',
    deliveryMode: 2,
    headers: { traceparent: checkout.traceparent },
  });
  t.like(fields, { exchange: 'order_exchange', routingKey: 'order.create' });
  t.is(JSON.parse(content.toString()).order_id, checkout.orderId);
  t.deepEqual(outbox.left(), []);
});

test('a row is marked only after its confirm', async (t) => {
  const { outbox, publisher, relay } = startSlow([checkout]);
  relay.offer(checkout);
  t.deepEqual([publisher.sent.length, outbox.left().length], [1, 1]);
  publisher.answers[0]?.confirm();
  await relay.idle();
  t.deepEqual(outbox.left(), []);
});

test('a row whose publish fails is published by the sweep with the same id', async (t) => {
  const { outbox, publisher, relay } = startSlow([checkout]);
  relay.offer(checkout);
  publisher.answers[0]?.fail(unavailable('the broker', new Error('away')));
  await relay.idle();
  t.deepEqual(outbox.left(), [checkout.orderId]);
  const sweeping = relay.sweep();
  await until(
    'the second try',
    async () => publisher.sent.length,
    (count) => count === 2,
  );
  publisher.answers[1]?.confirm();
  t.is(await sweeping, 1);
  t.deepEqual(
    publisher.sent.map(({ properties }) => properties.messageId),
    [checkout.orderId, checkout.orderId],
  );
});

test('a checkout that is offered during an outage is published by the sweep afterwards', async (t) => {
  const { server, broker, outbox, relay } = await startReal(t, [checkout]);
  await server.cut('under-test');
  await until(
    'the loss',
    async () => broker.state(),
    (state) => state === 'connecting',
  );
  relay.offer(checkout);
  await until('a sweep to succeed', relay.sweep, (count) => count === 1);
  t.deepEqual(outbox.left(), []);
  t.is(await server.ready('order_create_queue'), 1);
});

test('a row whose mark fails is published again', async (t) => {
  const { outbox, publisher, relay } = startSlow([checkout]);
  outbox.failToMark(true);
  relay.offer(checkout);
  publisher.answers[0]?.confirm();
  await relay.idle();
  outbox.failToMark(false);
  const sweeping = relay.sweep();
  await until(
    'the second try',
    async () => publisher.sent.length,
    (count) => count === 2,
  );
  publisher.answers[1]?.confirm();
  t.is(await sweeping, 1);
});

test('a checkout that is offered twice at the same time is published once', async (t) => {
  const { publisher, relay } = startSlow([checkout]);
  relay.offer(checkout);
  relay.offer(checkout);
  t.is(publisher.sent.length, 1);
  publisher.answers[0]?.confirm();
  await relay.idle();
  t.is(publisher.sent.length, 1);
});

test('a sweep does not publish a checkout that is under way', async (t) => {
  const { publisher, relay } = startSlow([checkout]);
  relay.offer(checkout);
  const sweeping = relay.sweep();
  publisher.answers[0]?.confirm();
  await sweeping;
  t.is(publisher.sent.length, 1);
});

test('offers beyond the capacity are left to the sweep', async (t) => {
  const rows = [1, 2, 3, 4, 5].map(numbered);
  const { outbox, publisher, relay } = startSlow(rows, 3);
  for (const row of rows) relay.offer(row);
  t.deepEqual([relay.pending(), publisher.sent.length], [3, 3]);
  for (const { confirm } of publisher.answers) confirm();
  await relay.idle();
  t.deepEqual(outbox.left(), ['order-4', 'order-5']);
});

test('a message that fails does not delay the other messages of a sweep', async (t) => {
  const { outbox, publisher, relay } = startSlow([1, 2, 3].map(numbered));
  const sweeping = relay.sweep();
  await until(
    'the messages',
    async () => publisher.sent.length,
    (count) => count === 3,
  );
  publisher.answers[1]?.fail(new RangeError('cannot be written'));
  publisher.answers[0]?.confirm();
  publisher.answers[2]?.confirm();
  t.is(await sweeping, 2);
  t.deepEqual(outbox.left(), ['order-2']);
});

test('a sweep publishes page after page until the outbox is empty', async (t) => {
  const rows = Array.from({ length: 25 }, (_, n) => numbered(n));
  const { server, outbox, relay } = await startReal(t, rows);
  t.is(await relay.sweep(), 25);
  t.deepEqual(outbox.left(), []);
  t.is(await server.ready('order_create_queue'), 25);
});

test('a sweep ends at a page of which the broker confirms nothing', async (t) => {
  const { publisher, relay } = startSlow([1, 2, 3, 4, 5].map(numbered), 2);
  const sweeping = relay.sweep();
  for (const page of [1, 2]) {
    await until(
      'the messages of the page',
      async () => publisher.sent.length,
      (count) => count === page * 2,
    );
    for (const { confirm, fail } of publisher.answers.slice(-2)) {
      if (page === 1) confirm();
      else fail(unavailable('the broker', new Error('away')));
    }
  }
  t.is(await sweeping, 2);
  t.is(publisher.sent.length, 4);
});

test('an aborted sweep begins no further page', async (t) => {
  const { outbox, publisher, relay } = startSlow([1, 2, 3].map(numbered), 2);
  const stopping = new AbortController();
  const sweeping = relay.sweep(stopping.signal);
  await until(
    'the messages',
    async () => publisher.sent.length,
    (count) => count === 2,
  );
  stopping.abort();
  for (const { confirm } of publisher.answers) confirm();
  t.is(await sweeping, 2);
  t.deepEqual(outbox.left(), ['order-3']);
});

test('a failure that is no outage is logged as an error', async (t) => {
  const { server, outbox } = await startReal(t, [checkout]);
  const log = createTestLog();
  const publisher = createPublisher({ window: 1, confirmTimeoutMs: HELPER_LIMIT_MS });
  await connectUnderTest(t, server.url, publisher.attach);
  await server.channel.unbindQueue('order_create_queue', 'order_exchange', 'order.create');
  const relay = createRelay({ outbox, publisher, log, capacity: 10, sweepAgeMs: 0 });
  t.is(await relay.sweep(), 0);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['orderId']]),
    [['error', checkout.orderId]],
  );
});

test('an outage logs no error for each message', async (t) => {
  const { publisher, log, relay } = startSlow([checkout]);
  relay.offer(checkout);
  publisher.answers[0]?.fail(unavailable('the broker', new Error('away')));
  await relay.idle();
  t.deepEqual(
    log.lines.map(({ level }) => level),
    ['debug'],
  );
});
