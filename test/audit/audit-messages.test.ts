import { connect, type Options } from 'amqplib';
import test, { type ExecutionContext } from 'ava';
import { declareTopology } from '../../src/amqp/declare.js';
import { encodeCreateMessage } from '../../src/amqp/messages.js';
import {
  ORDER_CANCEL_KEY,
  ORDER_CANCEL_QUEUE,
  ORDER_CREATE_KEY,
  ORDER_CREATE_QUEUE,
  ORDER_DLX,
  ORDER_EXCHANGE,
  orderTopology,
} from '../../src/amqp/topology.js';
import { audit } from '../../src/cli/audit.js';
import { until } from '../../src/cli/story/until.js';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import { findOrder, recordOrders } from '../../src/db/orders/orders.js';
import { createClient } from '../../src/temporal/client.js';
import { createOrderWorkflows } from '../../src/temporal/order-workflows.js';
import { orderStatusKey } from '../../workflows/search-attributes.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { createVhost, temporal as server, taskQueue as uniqueQueue } from '../helpers/servers.js';
import { createOrder, inputOf } from '../helpers/temporal.js';

/**
 * A shop with an order that was published a minute ago. The broker has no message of this order, and Temporal no
 * workflow.
 */
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
  /** Publishes a dead letter, as the bridge or another program does. */
  const park = async (content: string, properties: Options.Publish, key = ORDER_CREATE_KEY): Promise<void> => {
    const channel = await broker.createConfirmChannel();
    channel.publish(ORDER_DLX, key, Buffer.from(content), properties);
    await channel.waitForConfirms();
    await channel.close();
  };
  const taskQueue = uniqueQueue();
  const workflows = createOrderWorkflows(temporal, { taskQueue });
  const deps = { pool, amqpUrl, temporal, taskQueue };
  const apiUrl = process.env['TEST_RABBITMQ_API_URL'];
  return {
    ...deps,
    broker,
    workflows,
    orderId,
    park,
    audit: (since?: Date) => audit({ ...deps, since }),
    auditByApi: () => audit({ ...deps, apiUrl }),
  };
}

test('a message that is in no queue breaks I5 when no workflow has its order', async (t) => {
  const { orderId, audit } = await publishedOrder(t);
  const { findings } = await audit();
  t.deepEqual(findings, [
    {
      invariant: 'I5',
      subject: `order ${orderId}`,
      detail: 'was published, no workflow knows it, it is no dead letter, and only 0 messages wait in the queue',
    },
  ]);
});

test('a placed order without a workflow breaks I5', async (t) => {
  const { pool, orderId, audit } = await publishedOrder(t);
  await recordOrders(pool, [orderId]);
  await pool.query('UPDATE orders SET recorded_at = recorded_at - INTERVAL 1 MINUTE');
  const { findings } = await audit();
  t.deepEqual(findings, [
    { invariant: 'I5', subject: `order ${orderId}`, detail: 'is placed, and no workflow runs for it' },
  ]);
});

test('a message that waits in the queue is not lost', async (t) => {
  const { broker, audit } = await publishedOrder(t);
  const channel = await broker.createConfirmChannel();
  channel.publish(ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from('{}'));
  await channel.waitForConfirms();
  t.is((await channel.checkQueue(ORDER_CREATE_QUEUE)).messageCount, 1);
  t.deepEqual((await audit()).findings, []);
});

test('a message that a bridge holds is not lost where the management API counts it, and otherwise may be lost', async (t) => {
  const { broker, orderId, audit, auditByApi } = await publishedOrder(t);
  const channel = await broker.createConfirmChannel();
  channel.publish(ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from('{}'));
  await channel.waitForConfirms();
  await new Promise((taken) => channel.consume(ORDER_CREATE_QUEUE, taken));
  await until(
    'the API to count it',
    () => auditByApi(),
    ({ findings }) => findings.length === 0,
  );
  t.deepEqual(
    (await audit()).findings.map(({ subject, detail }) => [subject, detail.split('; ')[1]]),
    [[`order ${orderId}`, 'a bridge may have the message in hand: RABBITMQ_API_URL lets the audit count those']],
  );
});

test('the audit names the orders that were published first when more orders than messages wait', async (t) => {
  const { pool, broker, orderId, audit } = await publishedOrder(t);
  const later = [await placeOrder(pool), await placeOrder(pool)];
  await createOutbox(pool).markPublished(later.map((order) => order.orderId));
  await pool.query('UPDATE checkouts SET published_at = published_at - INTERVAL 1 MINUTE');
  const channel = await broker.createConfirmChannel();
  for (const _ of later) channel.publish(ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from('{}'));
  await channel.waitForConfirms();
  t.deepEqual(
    (await audit()).findings.map(({ invariant, subject }) => `${invariant} ${subject}`),
    [`I5 order ${orderId}`],
  );
});

test('an order that only Temporal has is named as lost, and breaks I2', async (t) => {
  const { workflows, orderId, audit } = await publishedOrder(t);
  const gone = createOrder();
  await workflows.startOrder(inputOf(gone));
  await workflows.startOrder({ ...inputOf(gone), orderId });
  const { findings } = await until(
    'Temporal to show both',
    () => audit(),
    ({ findings }) => findings.length === 1 && findings[0]?.subject === `order ${gone.orderId}`,
  );
  t.deepEqual(findings[0], {
    invariant: 'I2',
    subject: `order ${gone.orderId}`,
    detail: 'Temporal knows the order as placed, and no checkout has its id: it is lost here',
  });
});

test('an order that ended in Temporal and not in the database is named when the audit covers its time', async (t) => {
  const { pool, temporal, taskQueue, orderId, audit } = await publishedOrder(t);
  await recordOrders(pool, [orderId]);
  await pool.query('UPDATE orders SET recorded_at = recorded_at - INTERVAL 1 MINUTE');
  const handle = await temporal.workflow.start('orderWorkflow', {
    taskQueue,
    workflowId: `order:${orderId}`,
    typedSearchAttributes: [{ key: orderStatusKey, value: 'paid' }],
  });
  await handle.terminate('by the test');
  const detail = 'Temporal saw the order end as paid, and it is placed here';
  await until(
    'Temporal to show it',
    () => audit(new Date(Date.now() - 3_600_000)),
    ({ findings }) => findings.some((found) => found.invariant === 'I2' && found.detail === detail),
  );
  const { findings } = await audit(new Date(Date.now() + 3_600_000));
  t.deepEqual(
    findings.map(({ invariant }) => invariant),
    ['I5'],
    'it closed before that',
  );
});

test('an order whose message is a dead letter is not lost, whatever its body', async (t) => {
  const { orderId, park, audit } = await publishedOrder(t);
  await park('not even JSON', { messageId: orderId });
  t.deepEqual((await audit()).findings, []);
});

test('a dead letter with its order only in its body is found as well', async (t) => {
  const { pool, orderId, park, audit } = await publishedOrder(t);
  const checkout = (await findOrder(pool, orderId))?.view;
  if (checkout === undefined) return t.fail('the order is not there');
  const content = encodeCreateMessage({ ...checkout, readToken: '', traceparent: '' });
  await park(content.toString(), { messageId: 'of another program' });
  t.deepEqual((await audit()).findings, []);
});

test("dead letters of other orders, and of the order's cancel, do not hide that the order's message is lost", async (t) => {
  const { orderId, park, audit } = await publishedOrder(t);
  await park('{}', { messageId: 'poison' });
  await park('{}', { messageId: orderId, headers: { 'x-failed-queue': ORDER_CANCEL_QUEUE } }, ORDER_CANCEL_KEY);
  const { findings } = await audit();
  t.deepEqual(
    findings.map(({ invariant, subject }) => `${invariant} ${subject}`),
    [`I5 order ${orderId}`],
  );
});

test('the audit reports a check that an absent broker prevents, and does not report that all invariants hold', async (t) => {
  const shop = await publishedOrder(t);
  const { findings } = await audit({ ...shop, amqpUrl: 'amqp://somebody:secret@127.0.0.1:1/' });
  t.deepEqual(
    findings.map(({ invariant, subject }) => `${invariant} ${subject}`),
    ['I5 messages'],
  );
  t.regex(
    findings[0]?.detail ?? '',
    /could not be checked: RabbitMQ is not reachable at 127\.0\.0\.1:1: .*ECONNREFUSED/,
  );
});
