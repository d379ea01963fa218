import test from 'ava';
import { Unroutable } from '../../src/amqp/confirm-link.js';
import type { OutgoingMessage } from '../../src/amqp/outgoing-message.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { until } from '../../src/cli/story/until.js';
import { isUnavailable } from '../../src/domain/errors.js';
import { connectUnderTest, createBroker } from '../helpers/broker.js';
import { createGate } from '../helpers/gate.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

const message = (messageId: string, to: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  exchange: 'order_exchange',
  routingKey: 'order.create',
  content: Buffer.from(messageId),
  properties: { messageId },
  ...to,
});

const settled = async (publishing: Promise<void>): Promise<unknown> =>
  await publishing.then(
    () => 'confirmed',
    (error) => error,
  );

async function start(
  t: Parameters<typeof createBroker>[0],
  options: { window?: number; confirmTimeoutMs?: number } = {},
) {
  const broker = await createBroker(t, 'quorum');
  const publisher = createPublisher({ window: 500, confirmTimeoutMs: HELPER_LIMIT_MS, ...options });
  const connected = await connectUnderTest(t, broker.url, publisher.attach);
  return { broker, publisher, connected };
}

test('a confirmed message is in its queue, persistent and with its properties', async (t) => {
  const { broker, publisher } = await start(t);
  await publisher.publish(message('one', { properties: { messageId: 'one', type: 'order.create' } }));
  const { content, properties } = await broker.take('order_create_queue');
  t.like(properties, { messageId: 'one', type: 'order.create', deliveryMode: 2 });
  t.is(content.toString(), 'one');
});

async function startBehindGate(
  t: Parameters<typeof createBroker>[0],
  options: { window: number; confirmTimeoutMs: number },
) {
  const broker = await createBroker(t, 'quorum');
  const gate = await createGate(t, broker.url);
  const publisher = createPublisher(options);
  await connectUnderTest(t, gate.url, publisher.attach);
  t.teardown(async () => gate.release());
  return { broker, gate, publisher };
}

/** Retries while the machine is so slow that the confirm comes after its time-out. */
const untilAnswered = (publish: () => Promise<void>): Promise<unknown> =>
  until(
    'an answer',
    () => settled(publish()),
    (outcome) => !isUnavailable(outcome),
  );

test('a publish resolves only after its confirm', async (t) => {
  const { broker, gate, publisher } = await startBehindGate(t, { window: 1, confirmTimeoutMs: HELPER_LIMIT_MS });
  gate.hold();
  let confirmed = false;
  const publishing = publisher.publish(message('one')).then(() => {
    confirmed = true;
  });
  await until(
    'the message to arrive',
    () => broker.ready('order_create_queue'),
    (count) => count === 1,
  );
  t.false(confirmed);
  gate.release();
  await t.notThrowsAsync(publishing);
});

test('a confirm that does not come in time is an outage, and its place stays taken', async (t) => {
  const { gate, publisher } = await startBehindGate(t, { window: 1, confirmTimeoutMs: 50 });
  gate.hold();
  t.true(isUnavailable(await settled(publisher.publish(message('one')))));
  t.is(publisher.inFlight(), 1);
});

test('a message may have a shorter time-out for its confirm', async (t) => {
  const { gate, publisher } = await startBehindGate(t, { window: 2, confirmTimeoutMs: 3_600_000 });
  gate.hold();
  t.true(isUnavailable(await settled(publisher.publish(message('one'), 50))));
});

test('a message that waits behind a missing confirm waits no longer than the time-out of a confirm', async (t) => {
  const { gate, publisher } = await startBehindGate(t, { window: 1, confirmTimeoutMs: 50 });
  gate.hold();
  const outcomes = await Promise.all(['one', 'two', 'three'].map((id) => settled(publisher.publish(message(id)))));
  t.true(outcomes.every(isUnavailable));
});

test('a message that timed out while it waited for a place is not sent later', async (t) => {
  const { broker, gate, publisher } = await startBehindGate(t, { window: 1, confirmTimeoutMs: 500 });
  gate.hold();
  await Promise.all(['one', 'two'].map((id) => settled(publisher.publish(message(id)))));
  gate.release();
  await untilAnswered(() => publisher.publish(message('three')));
  const bodies = [await broker.take('order_create_queue'), await broker.take('order_create_queue')];
  t.deepEqual(
    bodies.map(({ content }) => content.toString()),
    ['one', 'three'],
  );
});

test('a late confirm frees its place', async (t) => {
  const { gate, publisher } = await startBehindGate(t, { window: 1, confirmTimeoutMs: 500 });
  gate.hold();
  await settled(publisher.publish(message('one')));
  t.is(publisher.inFlight(), 1);
  gate.release();
  t.is(
    await until(
      'the place',
      async () => publisher.inFlight(),
      (count) => count === 0,
    ),
    0,
  );
});

test('a late return of an unroutable message does not fail its next try', async (t) => {
  const { broker, gate, publisher } = await startBehindGate(t, { window: 1, confirmTimeoutMs: 500 });
  gate.hold();
  await settled(publisher.publish(message('one', { routingKey: 'order.later' })));
  gate.release();
  await until(
    'the late answer',
    async () => publisher.inFlight(),
    (count) => count === 0,
  );
  await broker.channel.bindQueue('order_create_queue', 'order_exchange', 'order.later');
  t.is(await untilAnswered(() => publisher.publish(message('one', { routingKey: 'order.later' }))), 'confirmed');
});

test('a message that no queue accepts is unroutable', async (t) => {
  const { publisher } = await start(t);
  await t.throwsAsync(publisher.publish(message('one', { routingKey: 'order.unbound' })), { instanceOf: Unroutable });
});

test('an unroutable message does not fail other messages with its id', async (t) => {
  const { publisher } = await start(t);
  const lost = settled(publisher.publish(message('one', { routingKey: 'order.unbound' })));
  t.is(await settled(publisher.publish(message('one'))), 'confirmed');
  t.true((await lost) instanceof Unroutable);
});

test('each of many unroutable copies is reported as unroutable', async (t) => {
  const { publisher } = await start(t);
  const copies = Array.from({ length: 100 }, () =>
    settled(publisher.publish(message('one', { routingKey: 'order.unbound' }))),
  );
  for (const outcome of await Promise.all(copies)) t.true(outcome instanceof Unroutable);
});

test('a nack is an outage', async (t) => {
  const { broker, publisher } = await start(t);
  await broker.channel.assertQueue('full', { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
  await publisher.publish(message('one', { exchange: '', routingKey: 'full' }));
  t.true(isUnavailable(await settled(publisher.publish(message('two', { exchange: '', routingKey: 'full' })))));
});

test('the channel works after a nack', async (t) => {
  const { broker, publisher } = await start(t);
  await broker.channel.assertQueue('full', { arguments: { 'x-max-length': 0, 'x-overflow': 'reject-publish' } });
  await settled(publisher.publish(message('one', { exchange: '', routingKey: 'full' })));
  await t.notThrowsAsync(publisher.publish(message('two')));
});

test('no more messages than the window are unconfirmed, and all messages arrive', async (t) => {
  const { broker, publisher } = await start(t, { window: 3 });
  const ids = Array.from({ length: 50 }, (_, i) => `m${i}`);
  let most = 0;
  const publishing = ids.map(async (id) => {
    await publisher.publish(message(id));
    most = Math.max(most, publisher.inFlight());
  });
  t.is(publisher.inFlight(), 3);
  await Promise.all(publishing);
  t.true(most <= 3);
  t.is(await broker.ready('order_create_queue'), 50);
});

test('a publish before the first connection is refused at once', async (t) => {
  const publisher = createPublisher({ window: 1, confirmTimeoutMs: HELPER_LIMIT_MS });
  t.true(isUnavailable(await settled(publisher.publish(message('one')))));
});

test('a publish after the close is refused at once', async (t) => {
  const { publisher, connected } = await start(t);
  await connected.close();
  t.true(isUnavailable(await settled(publisher.publish(message('one')))));
});

test('a close rejects every publish that is unconfirmed or waits for a place', async (t) => {
  const { publisher, connected } = await start(t, { window: 2, confirmTimeoutMs: HELPER_LIMIT_MS });
  const publishing = Array.from({ length: 10 }, (_, i) => settled(publisher.publish(message(`m${i}`))));
  await connected.close();
  const outcomes = await Promise.all(publishing);
  t.true(outcomes.every((outcome) => outcome === 'confirmed' || isUnavailable(outcome)));
  t.is(publisher.inFlight(), 0);
});

test('a cut connection rejects the unconfirmed messages as an outage', async (t) => {
  const { broker, publisher } = await start(t, { window: 5_000 });
  const publishing: Promise<unknown>[] = [];
  let cut = false;
  const cutting = broker.cut('under-test').then(() => {
    cut = true;
  });
  while (!cut) {
    for (let i = 0; i < 50; i++) publishing.push(settled(publisher.publish(message(`m${publishing.length}`))));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await cutting;
  const outcomes = await Promise.all(publishing);
  const confirmed = outcomes.filter((outcome) => outcome === 'confirmed').length;
  t.true(outcomes.some(isUnavailable));
  t.true(outcomes.every((outcome) => outcome === 'confirmed' || isUnavailable(outcome)));
  // Rejected messages may have arrived, and confirmed messages have arrived. The broker's count follows a moment later.
  await until(
    `${confirmed} messages to be counted`,
    () => broker.ready('order_create_queue'),
    (ready) => ready >= confirmed,
  );
});

test('publishing works again after a cut', async (t) => {
  const { broker, publisher, connected } = await start(t);
  await broker.cut('under-test');
  await until(
    'the connection to be lost',
    async () => connected.state(),
    (state) => state === 'connecting',
  );
  await until(
    'the connection to be back',
    async () => connected.state(),
    (state) => state === 'connected',
  );
  await t.notThrowsAsync(publisher.publish(message('one')));
});

test('a channel that the broker closed is replaced', async (t) => {
  const { publisher } = await start(t);
  t.true(isUnavailable(await settled(publisher.publish(message('one', { exchange: 'no_such_exchange' })))));
  const again = await until(
    'publishing to work again',
    () => settled(publisher.publish(message('two'))),
    (outcome) => outcome === 'confirmed',
  );
  t.is(again, 'confirmed');
});

test("a publish on a channel that the broker closed rejects with the broker's reason", async (t) => {
  const { publisher } = await start(t);
  const error = await settled(publisher.publish(message('one', { exchange: 'no_such_exchange' })));
  t.regex(String(error), /NOT_FOUND - no exchange 'no_such_exchange'/);
});

test('headers that AMQP cannot carry fail their message, and no other message', async (t) => {
  const { publisher } = await start(t);
  const huge = { messageId: 'one', headers: { huge: 'x'.repeat(70_000) } };
  const [refused, next] = [publisher.publish(message('one', { properties: huge })), publisher.publish(message('two'))];
  await t.throwsAsync(refused, { instanceOf: RangeError });
  await t.notThrowsAsync(next);
});
