import { connect } from 'amqplib';
import test, { type ExecutionContext } from 'ava';
import { declareTopology } from '../../src/amqp/declare.js';
import { ORDER_CREATE_KEY, ORDER_CREATE_QUEUE, ORDER_EXCHANGE, orderTopology } from '../../src/amqp/topology.js';
import { audit } from '../../src/cli/audit.js';
import { recordOrders } from '../../src/db/orders.js';
import { createOutbox } from '../../src/db/outbox.js';
import { createClient } from '../../src/temporal/client.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { createVhost, temporal as server } from '../helpers/servers.js';

/** A shop whose one order was published a minute ago, beside a broker and a Temporal that know nothing of it. */
async function publishedOrder(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const { url: amqpUrl } = await createVhost(t);
  const broker = await connect(amqpUrl);
  t.teardown(() => broker.close());
  await declareTopology(broker, orderTopology('quorum'));
  const temporal = createClient({ address: server.address, namespace: server.namespace });
  t.teardown(() => temporal.connection.close());
  const { orderId } = await placeOrder(pool);
  await createOutbox(pool).markPublished([orderId]);
  await pool.query('UPDATE checkouts SET published_at = published_at - INTERVAL 1 MINUTE');
  return { pool, broker, orderId, audit: () => audit({ pool, amqpUrl, temporal }) };
}

test('a message that is in no queue, for an order that no workflow knows, breaks I5', async (t) => {
  const { orderId, audit } = await publishedOrder(t);
  const { findings } = await audit();
  t.deepEqual(findings, [
    {
      invariant: 'I5',
      subject: `order ${orderId}`,
      detail: 'was published, no workflow knows it, and only 0 messages wait in the queues',
    },
  ]);
});

test('a placed order without a workflow breaks I5', async (t) => {
  const { pool, orderId, audit } = await publishedOrder(t);
  await recordOrders(pool, [orderId]);
  const { findings } = await audit();
  t.deepEqual(findings, [
    { invariant: 'I5', subject: `order ${orderId}`, detail: 'is placed, and no workflow runs for it' },
  ]);
});

test('a message that still waits for the bridge is not lost', async (t) => {
  const { broker, audit } = await publishedOrder(t);
  const channel = await broker.createConfirmChannel();
  channel.publish(ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from('{}'));
  await channel.waitForConfirms();
  t.is((await channel.checkQueue(ORDER_CREATE_QUEUE)).messageCount, 1);
  t.deepEqual((await audit()).findings, []);
});
