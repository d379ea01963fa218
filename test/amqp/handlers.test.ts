import type { ConsumeMessage } from 'amqplib';
import test from 'ava';
import { encodeCreateMessage } from '../../src/amqp/messages.js';
import { createOrderCancelHandler } from '../../src/amqp/order-cancel.js';
import { createOrderCreateHandler } from '../../src/amqp/order-create.js';
import { unavailable } from '../../src/domain/errors.js';
import type { OrderStatus } from '../../src/domain/order.js';
import { checkout, createTestLog } from '../helpers/broker.js';

const delivery = (content: Buffer): ConsumeMessage => ({
  content,
  fields: { consumerTag: 'test', deliveryTag: 1, redelivered: false, exchange: '', routingKey: '' },
  properties: {} as ConsumeMessage['properties'],
});

const cancelOf = (fields: object): ConsumeMessage => delivery(Buffer.from(JSON.stringify(fields)));

const isKnown = async () => true;

const isForgotten = async () => false;
const found = { findOrder: async () => ({ userId: 7, status: 'placed' as OrderStatus }), isForgotten };

test('a new order is started with the fields of its message', async (t) => {
  const started: unknown[] = [];
  const handle = createOrderCreateHandler({
    isKnown,
    startOrder: async (message) => {
      started.push(message);
      return 'started';
    },
  });
  t.deepEqual(await handle(delivery(encodeCreateMessage(checkout))), { kind: 'ack' });
  t.like(started[0], { order_id: checkout.orderId, amount: 2500, expires_at: '2026-03-01T10:30:00.000Z' });
});

test('a message for an order that was started before is acked', async (t) => {
  const handle = createOrderCreateHandler({ isKnown, startOrder: async () => 'already-started' });
  t.deepEqual(await handle(delivery(encodeCreateMessage(checkout))), { kind: 'ack' });
});

test('a create message that cannot be read is parked, and starts no workflow', async (t) => {
  const handle = createOrderCreateHandler({ isKnown, startOrder: async () => t.fail() as never });
  t.deepEqual(await handle(delivery(Buffer.from('{}x'))), { kind: 'park', reason: 'not JSON in UTF-8 (3 bytes)' });
});

test('a create message for an unknown order is parked, and starts no workflow', async (t) => {
  const handle = createOrderCreateHandler({ isKnown: async () => false, startOrder: async () => t.fail() as never });
  const reason = `order_id: no checkout has the id ${checkout.orderId}`;
  t.deepEqual(await handle(delivery(encodeCreateMessage(checkout))), { kind: 'park', reason });
});

test('an outage is thrown to the consumer, which waits', async (t) => {
  const away = unavailable('Temporal', new Error('away'));
  const create = createOrderCreateHandler({ isKnown, startOrder: () => Promise.reject(away) });
  const cancel = createOrderCancelHandler({
    ...found,
    cancel: () => Promise.reject(away),
    log: createTestLog(),
  });
  const blind = createOrderCreateHandler({ isKnown: () => Promise.reject(away), startOrder: async () => 'started' });
  for (const handle of [create, blind])
    t.is(await t.throwsAsync(handle(delivery(encodeCreateMessage(checkout)))), away);
  t.is(await t.throwsAsync(cancel(cancelOf({ order_id: checkout.orderId }))), away);
});

for (const [before, after, line] of [
  ['placed', 'canceled', 'legacy cancel: the order is canceled'],
  ['placed', 'paid', 'legacy cancel for a paid order: left alone'],
  ['placed', 'placed', 'legacy cancel before the deadline of the order: left to its timer'],
  ['paid', undefined, 'legacy cancel for a paid order: left alone'],
  ['canceled', undefined, 'legacy cancel for an order that is canceled already'],
] as const) {
  const settled = after === undefined ? 'is not settled again' : `is settled, and is then ${after}`;
  test(`a legacy cancel is acked and logged when its order is ${before} and ${settled}`, async (t) => {
    const log = createTestLog();
    const canceled: string[] = [];
    const handle = createOrderCancelHandler({
      findOrder: async () => ({ userId: 7, status: before }),
      isForgotten,
      cancel: async (orderId) => {
        canceled.push(orderId);
        return after ?? before;
      },
      log,
    });
    t.deepEqual(await handle(cancelOf({ order_id: checkout.orderId, reason: 'timeout' })), { kind: 'ack' });
    t.deepEqual(canceled, after === undefined ? [] : [checkout.orderId]);
    t.like(log.lines, [{ level: 'info', message: line, fields: { status: after ?? before, reason: 'timeout' } }]);
  });
}

test('a legacy cancel of an unknown order is parked', async (t) => {
  const cancel = async () => t.fail() as never;
  const handle = createOrderCancelHandler({ ...found, findOrder: async () => undefined, cancel, log: createTestLog() });
  const reason = `order_id: no checkout has the id ${checkout.orderId}`;
  t.deepEqual(await handle(cancelOf({ order_id: checkout.orderId })), { kind: 'park', reason });
});

test('a cancel message without a valid order id is parked, and sends no request', async (t) => {
  const cancel = async () => t.fail() as never;
  const handle = createOrderCancelHandler({ ...found, cancel, log: createTestLog() });
  t.like(await handle(cancelOf({ order_id: '20260301-42' })), { kind: 'park', reason: 'order_id: Invalid UUID' });
});

for (const userId of [8, '7 ', '9007199254740993']) {
  test(`a legacy cancel whose user_id is ${JSON.stringify(userId)}, and the order's is 7, is parked`, async (t) => {
    const cancel = async () => t.fail() as never;
    const handle = createOrderCancelHandler({ ...found, cancel, log: createTestLog() });
    t.is((await handle(cancelOf({ order_id: checkout.orderId, user_id: userId }))).kind, 'park');
  });
}

for (const [userId, sent, kind] of [
  ['ann@example.org', 'ann@example.org', 'ack'],
  ['ann@example.org', 'Ann@example.org', 'park'],
  ['ann@example.org', 7, 'park'],
  ['9223372036854775807', '9223372036854775807', 'ack'],
  [null, null, 'ack'],
  [null, 0, 'ack'],
  [null, 7, 'park'],
  [7, 0, 'park'],
] as const) {
  test(`a legacy cancel whose user_id is ${sent}, and the order's is ${userId}, ends with ${kind}`, async (t) => {
    const findOrder = async () => ({ userId, status: 'placed' as OrderStatus });
    const handle = createOrderCancelHandler({
      ...found,
      findOrder,
      cancel: async () => 'canceled',
      log: createTestLog(),
    });
    t.is((await handle(cancelOf({ order_id: checkout.orderId, user_id: sent }))).kind, kind);
  });
}

test("a legacy cancel may have the user's id as a number, as a string or not at all", async (t) => {
  const handle = createOrderCancelHandler({ ...found, cancel: async () => 'canceled', log: createTestLog() });
  for (const user of [{ user_id: 7 }, { user_id: '7' }, { user_id: null }, {}]) {
    t.deepEqual(await handle(cancelOf({ order_id: checkout.orderId, ...user })), { kind: 'ack' });
  }
});
