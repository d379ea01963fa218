import test from 'ava';
import { createEventSender } from '../../src/amqp/event-sender.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { until } from '../../src/cli/story/until.js';
import { deliverOldest } from '../../src/db/events/delivery.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { unavailable } from '../../src/domain/errors.js';
import type { ShopEvent } from '../../src/domain/event.js';
import { connectUnderTest, createBroker, createTestLog, type TestBroker } from '../helpers/broker.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

const event = (overrides: Partial<ShopEvent> = {}): ShopEvent => ({
  eventId: '01985d2e-0000-7000-8000-000000000001',
  type: 'order.paid',
  subject: '01985d2e-0000-7000-8000-00000000000a',
  sequence: 2,
  occurredAt: new Date('2026-11-28T10:00:00.123Z'),
  data: { orderId: '01985d2e-0000-7000-8000-00000000000a', status: 'paid' },
  ...overrides,
});

async function startSender(t: Parameters<typeof createBroker>[0]) {
  const server = await createBroker(t, 'quorum');
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  const broker = await connectUnderTest(t, server.url, publisher.attach);
  const deliver = createEventSender({ publisher, log: createTestLog() });
  return { server, broker, deliver };
}

/** A queue of a receiver, bound by a pattern of types. */
async function listen({ channel }: TestBroker, pattern: string): Promise<string> {
  const { queue } = await channel.assertQueue(`receiver-of-${pattern}`, { durable: true });
  await channel.bindQueue(queue, 'order_events', pattern);
  return queue;
}

test('an event is a CloudEvent in structured mode, persistent, with its type as its routing key', async (t) => {
  const { server, deliver } = await startSender(t);
  const queue = await listen(server, 'order.*');
  const sent = event();
  t.deepEqual(await deliver([[sent]]), new Set([sent.eventId]));
  const { properties, content, fields } = await server.take(queue);
  t.like(fields, { exchange: 'order_events', routingKey: 'order.paid' });
  t.like(properties, {
    messageId: sent.eventId,
    type: 'order.paid',
    contentType: 'application/cloudevents+json',
    deliveryMode: 2,
    timestamp: 1_795_860_000,
  });
  t.deepEqual(JSON.parse(content.toString()), {
    specversion: '1.0',
    id: sent.eventId,
    source: '/order-bridge',
    type: 'order.paid',
    subject: sent.subject,
    time: '2026-11-28T10:00:00.123Z',
    datacontenttype: 'application/json',
    sequence: '0000000002',
    data: sent.data,
  });
});

test('an event that no queue takes is confirmed, and an event without a number has no sequence', async (t) => {
  const { server, deliver } = await startSender(t);
  const unheard = event();
  t.deepEqual(await deliver([[unheard]]), new Set([unheard.eventId]));
  const queue = await listen(server, 'stock.#');
  await deliver([[event({ type: 'stock.back', subject: 'mug', sequence: null, data: { sku: 'mug', available: 2 } })]]);
  const content = JSON.parse((await server.take(queue)).content.toString());
  t.false('sequence' in content);
  t.is(await server.ready(queue), 0);
});

test('the next event of a list is sent after the confirm of the one before, and none after one that fails', async (t) => {
  const sent: string[] = [];
  const publish = async ({ properties: { messageId } }: { properties: { messageId: string } }) => {
    sent.push(messageId);
    if (messageId === 'b-1') throw unavailable('the broker', new Error('no confirm'));
  };
  const deliver = createEventSender({ publisher: { publish }, log: createTestLog() });
  const list = (...ids: string[]) => ids.map((eventId) => event({ eventId }));
  const confirmed = await deliver([list('a-1', 'a-2'), list('b-1', 'b-2')]);
  t.deepEqual([...confirmed].sort(), ['a-1', 'a-2']);
  t.deepEqual(sent.toSorted(), ['a-1', 'a-2', 'b-1']);
});

test('events that the broker cannot take are delivered when it is back, each in its turn', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  const server = await createBroker(t, 'quorum');
  const queue = await listen(server, '#');
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  const deliver = createEventSender({ publisher, log: createTestLog() });
  t.is(await deliverOldest(pool, deliver), 0, 'no connection');
  await connectUnderTest(t, server.url, publisher.attach);
  const delivered = await until(
    'a delivery',
    () => deliverOldest(pool, deliver),
    (count) => count > 0,
  );
  t.is(delivered, 2);
  const types = [await server.take(queue), await server.take(queue)].map(({ fields }) => fields.routingKey);
  t.deepEqual(types, ['order.placed', 'order.canceled']);
});
