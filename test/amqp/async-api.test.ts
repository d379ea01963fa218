import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import type { GetMessage } from 'amqplib';
import test from 'ava';
import { asyncApiDocument } from '../../src/amqp/async-api.js';
import { isBrokerHeader } from '../../src/amqp/history.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { createMessageOf } from '../../src/amqp/relay.js';
import { orderTopology, type Topology } from '../../src/amqp/topology.js';
import { serveShop } from '../helpers/app.js';
import { checkout, connectUnderTest, createBroker } from '../helpers/broker.js';
import { startConsumer } from '../helpers/consumer.js';
import { at, describedBy } from '../helpers/described.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

const official = specs.schemasWithoutId['3.1.0'] as object;
const ofTopology = (topology: Topology) => asyncApiDocument({ topology, version: '1.2.3' });

const topologies = {
  'of a new installation': orderTopology('quorum'),
  'beside a legacy service': orderTopology('classic', { orderQueue: 'orders_of_the_bridge', cancelQueue: false }),
};

for (const [name, topology] of Object.entries(topologies)) {
  test(`the description ${name} is valid AsyncAPI 3.1 with each queue and exchange, and each reference leads somewhere`, (t) => {
    const isValid = new Ajv({ strict: false, validateFormats: false }).compile(official);
    const described = JSON.parse(JSON.stringify(ofTopology(topology)));
    t.true(isValid(described), JSON.stringify(isValid.errors));
    t.deepEqual(describedBy(described).lostRefs(), []);
    const { queues, exchanges, bindings } = topology;
    t.deepEqual(
      Object.keys(described.channels),
      [...queues, ...exchanges].map(({ name: channel }) => channel),
    );
    for (const queue of queues) {
      const channel = described.channels[queue.name];
      t.like(channel.bindings.amqp.queue, { name: queue.name, durable: true });
      t.deepEqual(channel['x-arguments'], queue.arguments);
      t.is(channel['x-bound-to'].length, bindings.filter((one) => one.queue === queue.name).length);
      t.true(Object.keys(channel.messages).length > 0);
    }
    for (const { name: exchange, type } of exchanges) {
      t.like(described.channels[exchange].bindings.amqp.exchange, { name: exchange, type, durable: true });
      t.true(Object.keys(described.channels[exchange].messages).length > 0);
    }
  });
}

test('the public listener serves the description, without a token', async (t) => {
  const asyncApi = ofTopology(topologies['of a new installation']);
  const answer = await fetch(`${await serveShop(t, { asyncApi })}/asyncapi.json`);
  t.is(answer.status, 200);
  t.deepEqual(await answer.json(), JSON.parse(JSON.stringify(asyncApi)));
});

const { document, problems } = describedBy(ofTopology(topologies['of a new installation']));

const described = ({ properties }: GetMessage) => {
  const { messageId, type, timestamp, contentType, deliveryMode } = properties;
  return { messageId, type, timestamp, contentType, deliveryMode };
};

/** Without the headers that the broker itself adds. */
const headersOf = ({ properties }: GetMessage): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties.headers ?? {}).filter(([name]) => !isBrokerHeader(name)));

test('the message of an order is as the document describes it', async (t) => {
  const server = await createBroker(t, 'quorum');
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  await connectUnderTest(t, server.url, publisher.attach);
  const adjustments = [{ kind: 'tax', label: 'VAT', amount: 400, included: true } as const];
  const all = [checkout, { ...checkout, userId: null, adjustments, reference: 'SO-1' }, { ...checkout, userId: 'ada' }];
  for (const one of all) {
    await publisher.publish(createMessageOf(one, 'order.create'));
    const message = await server.take('order_create_queue');
    const path = '/components/messages/orderMessage';
    t.deepEqual(problems(`${path}/payload`, JSON.parse(message.content.toString())), []);
    t.deepEqual(problems(`${path}/headers`, headersOf(message)), []);
    t.deepEqual(problems(`${path}/x-properties`, described(message)), []);
    t.is(message.properties.type, at(document, `${path}/bindings/amqp/messageType`));
  }
});

test('a cancel of the legacy service, and the dead letter that it becomes, are as the document describes them', async (t) => {
  const handler = async () => ({ kind: 'park', reason: 'not ours' }) as const;
  const { server } = await startConsumer(t, { handler });
  // As Go writes it.
  const cancel = `{"order_id":"${checkout.orderId}","user_id":7,"created_at":"2026-03-01T10:00:00.123456789+01:00","reason":"timeout"}`;
  t.deepEqual(problems('/components/messages/cancelMessage/payload', JSON.parse(cancel)), []);
  await server.send('order_create_queue', cancel, { type: 'order.cancel', contentType: 'application/json' });
  const letter = await server.take('order_create_dlq');
  const path = '/components/messages/deadLetter';
  t.deepEqual(problems(`${path}/headers`, headersOf(letter)), []);
  t.deepEqual(problems(`${path}/x-properties`, described(letter)), []);
  const known = Object.keys(Object(at(document, '/components/schemas/DeadLetterHeaders/properties')));
  const written = Object.keys(headersOf(letter));
  t.deepEqual(
    written.filter((name) => !known.includes(name)),
    [],
  );
  t.true(written.includes('x-reason'));
});
