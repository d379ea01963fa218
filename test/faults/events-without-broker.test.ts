import test from 'ava';
import { createBrokerConnection } from '../../src/amqp/connection.js';
import { createEventSender } from '../../src/amqp/event-sender.js';
import { createPublisher } from '../../src/amqp/publisher.js';
import { orderTopology } from '../../src/amqp/topology.js';
import { startEndpointSweeps } from '../../src/bridge/endpoints.js';
import { startEventSweeps } from '../../src/bridge/events.js';
import { until } from '../../src/cli/story/until.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createMetrics } from '../../src/process/metrics.js';
import { createTestLog } from '../helpers/broker.js';
import { count, placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { endpointWith } from '../helpers/endpoints.js';
import { typesBySubject } from '../helpers/receiver.js';
import { startKillable } from './killable-server.js';

test('endpoints get every event while RabbitMQ is killed, and RabbitMQ gets them when it is back', async (t) => {
  const { pool } = await shopDatabase(t);
  const rabbitmq = await startKillable('rabbitmq');
  t.teardown(rabbitmq.close);
  const [log, metrics] = [createTestLog(), createMetrics('bridge')];
  const publisher = createPublisher({ window: 10, confirmTimeoutMs: 1_000 });
  const broker = createBrokerConnection({
    url: rabbitmq.addresses.amqpUrl,
    name: 'a bridge',
    topology: orderTopology('quorum'),
    log,
    setup: publisher.attach,
  });
  t.teardown(() => broker.close());
  await broker.connect();
  const shared = { pool, standBack: async () => undefined, metrics, log };
  const sweeps = [
    ...startEventSweeps({ ...shared, deliver: createEventSender({ publisher, log }), keptMs: 3_600_000 }),
    ...startEndpointSweeps({ ...shared, allowPrivate: true }),
  ];
  t.teardown(async () => void (await Promise.all(sweeps.map((sweep) => sweep.stop()))));
  const receiver = await endpointWith(t, pool);
  const gotByBroker = async () =>
    (await rows(pool, 'SELECT event_id FROM events WHERE delivered_at < UTC_TIMESTAMP(3)')).length;

  await placeOrder(pool);
  await until('an event in RabbitMQ', gotByBroker, (n) => n === 1);
  await rabbitmq.kill();
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  await until(
    'the events at the endpoint',
    async () => receiver.received.length,
    (n) => n >= 3,
  );
  t.deepEqual(typesBySubject(receiver.received)[orderId], ['order.placed', 'order.canceled']);
  t.is(await gotByBroker(), 1);
  await rabbitmq.restart();
  await until('the events in RabbitMQ', gotByBroker, (n) => n === 3);
  t.is(await count(pool, 'events'), 3);
});
