import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import {
  ORDER_CANCEL_KEY,
  ORDER_CREATE_DLQ,
  ORDER_CREATE_KEY,
  ORDER_DELAY_EXCHANGE,
  ORDER_EXCHANGE,
} from '../../src/amqp/topology.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import type { System } from '../helpers/system.js';

/** Messages in the queues: too early, repeated, broken, and from the legacy service. */

const test = anyTest as TestFn<{ system: System }>;

const buyOne = async ({ customers }: System): Promise<Placed> =>
  (await customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

async function publish({ amqpUrl }: System, exchange: string, key: string, body: Buffer): Promise<void> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createConfirmChannel();
  channel.publish(exchange, key, body, { persistent: true, messageId: randomUUID() });
  await channel.waitForConfirms();
  await connection.close();
}

/** Waits for the next dead letter, and removes it from its queue. */
async function deadLetter({ amqpUrl }: System): Promise<{ body: string; headers: Record<string, unknown> }> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  const message = await until('a dead letter', () => channel.get(ORDER_CREATE_DLQ, { noAck: true }), Boolean);
  await connection.close();
  if (!message) throw new Error('unreachable');
  return { body: message.content.toString(), headers: message.properties.headers ?? {} };
}

const legacyCancel = (orderId: string, userId = '1'): Buffer =>
  Buffer.from(
    `{"order_id":"${orderId}","user_id":${userId},"created_at":"2026-11-23T08:19:00.123456789+08:00","reason":"timeout"}`,
  );

test.serial("a payment before the order's message starts the workflow", async (t) => {
  const { system } = t.context;
  await system.stop('bridge');
  const order = await buyOne(system);
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  await system.start('bridge');
  const created = async () => (await queueDepth(system)) === 0;
  t.true(await until('the bridge to take the late message', created, Boolean));
  t.is((await system.customers.look(order)).status, 'paid');
});

test.serial('a message that comes again after the workflow has closed changes nothing', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  const before = [await runOf(system, order.orderId), await system.observer.stockOf('mug')];
  const { orderId, amount, currency, expiresAt } = order;
  const items = [{ sku: 'mug', quantity: 1, unit_price: 1250 }];
  const times = { created_at: new Date().toISOString(), expires_at: expiresAt };
  const message = { order_id: orderId, user_id: 1, items, amount, currency, ...times };
  await publish(system, ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from(JSON.stringify(message)));
  await until(
    'the message to be taken',
    () => queueDepth(system),
    (depth) => depth === 0,
  );
  t.deepEqual([await runOf(system, orderId), await system.observer.stockOf('mug')], before);
});

test.serial('a message that is no order goes to the dead-letter queue at once, with the reason', async (t) => {
  const { system } = t.context;
  await publish(system, ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from('{"order_id": "7", "user_id": 1}'));
  const { body, headers } = await deadLetter(system);
  t.is(body, '{"order_id": "7", "user_id": 1}');
  t.regex(String(headers['x-reason']), /order_id: .*items: /s);
  t.is(headers['x-attempts'], 1);
});

test.serial('a create message for an order of another service goes to the dead-letter queue', async (t) => {
  const { system } = t.context;
  const orderId = randomUUID();
  const items = [{ sku: 'mug', quantity: 1, unit_price: 1250 }];
  const times = { created_at: '2026-11-23T08:19:00.123456789+08:00', expires_at: '2026-11-23T08:49:00+08:00' };
  const message = { order_id: orderId, user_id: 1, items, amount: 1250, currency: 'EUR', ...times };
  await publish(system, ORDER_EXCHANGE, ORDER_CREATE_KEY, Buffer.from(JSON.stringify(message)));
  const { headers } = await deadLetter(system);
  t.is(headers['x-reason'], `order_id: no checkout has the id ${orderId}`);
  t.is(headers['x-failed-queue'], 'order_create_queue');
});

test.serial('a legacy cancel message before the deadline ends no order, and the order can still be paid', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  await system.observer.sendLegacyCancel(order.orderId, 1);
  t.is((await system.customers.look(order)).status, 'placed');
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  t.regex(system.logs(), /legacy cancel before the deadline of the order/);
});

test.serial('a legacy cancel message past the deadline ends an order that no timer has ended', async (t) => {
  const { system } = t.context;
  await system.stop('worker');
  const order = await buyOne(system);
  await system.pool.query('UPDATE checkouts SET expires_at = UTC_TIMESTAMP(3) WHERE order_id = ?', [order.orderId]);
  await system.observer.sendLegacyCancel(order.orderId, 1);
  await system.start('worker');
  await system.observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
  t.regex(system.logs(), /legacy cancel: the order is canceled/);
});

test.serial("a legacy cancel message with another user's id goes to the dead-letter queue", async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  await publish(system, ORDER_DELAY_EXCHANGE, ORDER_CANCEL_KEY, legacyCancel(order.orderId, '9007199254740993'));
  const { headers } = await deadLetter(system);
  t.is(headers['x-reason'], `user_id: order ${order.orderId} is another user's`);
  t.is((await system.customers.look(order)).status, 'placed');
});

test.serial('a legacy cancel message changes no paid order', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  await system.customers.pay(order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  await system.observer.sendLegacyCancel(order.orderId, 1);
  t.is((await system.customers.look(order)).status, 'paid');
});

test.serial('a legacy cancel message for an order of another service goes to the dead-letter queue', async (t) => {
  const { system } = t.context;
  const orderId = randomUUID();
  await publish(system, ORDER_DELAY_EXCHANGE, ORDER_CANCEL_KEY, legacyCancel(orderId));
  const { headers } = await deadLetter(system);
  t.regex(String(headers['x-reason']), new RegExp(orderId));
  t.is(headers['x-failed-queue'], 'order_cancel_queue');
});

async function queueDepth({ amqpUrl }: System): Promise<number> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue('order_create_queue');
  await connection.close();
  return messageCount;
}

async function runOf({ temporal }: System, orderId: string): Promise<string> {
  return (await temporal.workflow.getHandle(orderWorkflowId(orderId)).describe()).runId;
}
