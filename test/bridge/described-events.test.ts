import test from 'ava';
import { asyncApiDocument } from '../../src/amqp/async-api.js';
import { createEventSender } from '../../src/amqp/event-sender.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { orderTopology } from '../../src/amqp/topology.js';
import { deliverOldest } from '../../src/db/events/delivery.js';
import { EVENT_TYPES } from '../../src/domain/event.js';
import { openApiDocument } from '../../src/http/openapi.js';
import { operateEndpoints } from '../../src/process/operate-endpoints.js';
import { connectUnderTest, createBroker, createTestLog } from '../helpers/broker.js';
import { shopDatabase } from '../helpers/database.js';
import { at, describedBy, fieldsOf, namesIn } from '../helpers/described.js';
import { endpointWith, serveOnce } from '../helpers/endpoints.js';
import { makeEveryEvent, productsOfEveryEvent } from '../helpers/every-event.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

/** What really comes to receivers, compared with the descriptions of this software. */

test('each event that RabbitMQ gets is as the AsyncAPI document describes it, and each described field is sent', async (t) => {
  const { pool } = await shopDatabase(t, productsOfEveryEvent);
  const server = await createBroker(t, 'quorum');
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: HELPER_LIMIT_MS });
  await connectUnderTest(t, server.url, publisher.attach);
  const { queue } = await server.channel.assertQueue('receiver', { durable: true });
  await server.channel.bindQueue(queue, 'order_events', '#');
  await makeEveryEvent(pool);
  let sent = 0;
  const deliver = createEventSender({ publisher, log: createTestLog() });
  for (let some = 1; some > 0; sent += some) some = await deliverOldest(pool, deliver);

  const { document, problems } = describedBy(asyncApiDocument({ topology: orderTopology('quorum'), version: '1.2.3' }));
  const names = new Map<string, Set<string>>(EVENT_TYPES.map((type) => [type, new Set()]));
  for (let nth = 0; nth < sent; nth++) {
    const { content, properties, fields } = await server.take(queue);
    const event = JSON.parse(content.toString());
    const { messageId, type, timestamp, contentType, deliveryMode } = properties;
    const message = `/components/messages/${fields.routingKey}`;
    t.deepEqual(problems(`${message}/payload`, event), [], type);
    t.deepEqual(problems(`${message}/x-properties`, { messageId, type, timestamp, contentType, deliveryMode }), []);
    t.like(at(document, message), { contentType, bindings: { amqp: { messageType: type } } });
    t.deepEqual(properties.headers, {});
    for (const name of namesIn(event)) names.get(type)?.add(name);
  }
  const all = new Set([...names.values()].flatMap((some) => [...some]));
  for (const [type, some] of names) {
    t.true(some.size > 0, `${type} was sent`);
    const described = fieldsOf(at(document, `/components/schemas/${type}`), document);
    t.deepEqual(
      described.filter((name) => !all.has(name)),
      [],
      type,
    );
  }
});

test("each event that an endpoint gets, and the operator's test, is as the webhooks of the OpenAPI document describe it", async (t) => {
  const { pool } = await shopDatabase(t, productsOfEveryEvent);
  const receiver = await endpointWith(t, pool);
  await makeEveryEvent(pool);
  while ((await serveOnce(pool)).length > 0);
  await operateEndpoints(pool, { allowPrivate: true }).test(receiver.endpointId);
  const { document, problems } = describedBy(openApiDocument({ webhooks: [], version: '1.2.3' }));

  const { webhooks } = document as { webhooks: Record<string, object> };
  for (const { type, raw, headers } of receiver.received) {
    const path = `/webhooks/${type}/post`;
    const content = at(document, `${path}/requestBody/content`);
    t.deepEqual(Object.keys(Object(content)), [headers['content-type']]);
    t.deepEqual(problems(`${path}/requestBody/content/application~1json/schema`, JSON.parse(raw)), [], type);
    const parameters = at(document, `${path}/parameters`) as { name: string; in: string }[];
    for (const [nth, parameter] of parameters.entries()) {
      t.is(parameter.in, 'header');
      t.deepEqual(problems(`${path}/parameters/${nth}/schema`, headers[parameter.name]), []);
    }
    t.is(parameters.length, 3);
  }
  t.deepEqual([...new Set(receiver.received.map(({ type }) => type))].sort(), Object.keys(webhooks).sort());
});
