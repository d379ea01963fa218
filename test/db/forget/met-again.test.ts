import { createHash } from 'node:crypto';
import test from 'ava';
import { createOrderCancelHandler } from '../../../src/amqp/order-cancel.js';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { forgottenAmong } from '../../../src/db/forget/forgotten.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { markOrderRefunded } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import { createViewOf } from '../../../src/process/order-reports.js';
import { deliverEverything } from '../../helpers/archive.js';
import { createTestLog } from '../../helpers/broker.js';
import { placeOrder, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { forget } from '../../helpers/forget.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { newMarker, personalRequest } from '../../helpers/personal.js';
import { askedRefund, paidOrder } from '../../helpers/refunds.js';
import { columnsWith } from '../../helpers/whole-database.js';
import { paymentEvent } from '../payment-events.js';

/** What comes for an order that was forgotten. */

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const all = { ofArchive: 'all' } as const;

test('a late payment buys nothing for a forgotten order: the money goes back', async (t) => {
  const { pool } = await shopDatabase(t);
  const forgotten = await expiredOrder(pool, { userId: 'jane' });
  const other = await expiredOrder(pool, { userId: 'ann' });
  await deliverEverything(pool);
  t.deepEqual((await forget(pool, { customer: 'jane' })).forgotten, [forgotten.orderId]);
  const { receive } = createSettlements(pool, { lateSales });
  const [late, others] = [forgotten, other].map(({ orderId, amount }) => paymentEvent({ orderId, amount }));
  if (late === undefined || others === undefined) throw new Error('no payments');
  await Promise.all([receive(late), receive(others)]);
  t.like(await findPayment(pool, late.paymentId), { status: 'refund_required', refundReason: 'order-canceled' });
  t.like(await findPayment(pool, others.paymentId), { status: 'accepted' }, 'the order beside it is bought');
  t.deepEqual(
    (await successors(pool)).map(({ orderId }) => orderId),
    [other.orderId],
  );
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.deepEqual(await auditDatabase(pool, 0, all), []);
});

test('a legacy cancel of a forgotten order is acked, and leaves no dead letter with the customer', async (t) => {
  const { pool } = await shopDatabase(t);
  const [ended, open] = [await placeOrder(pool, { userId: 7 }), await placeOrder(pool, { userId: 7 })];
  await settleOrder(pool, ended.orderId, cancel);
  await deliverEverything(pool);
  const handle = createOrderCancelHandler({
    findOrder: createViewOf(pool),
    cancel: async () => t.fail() as never,
    isForgotten: async (orderId) => (await forgottenAmong(pool, [orderId])).has(orderId),
    log: createTestLog(),
  });
  const cancelOf = async (orderId: string, userId: number) => {
    const content = Buffer.from(JSON.stringify({ order_id: orderId, user_id: userId }));
    return (await handle({ content } as Parameters<typeof handle>[0])).kind;
  };
  t.is(await cancelOf(ended.orderId, 8), 'park', "another user's order that is not forgotten");
  t.deepEqual((await forget(pool, { customer: 7 })).forgotten, [ended.orderId]);
  t.is(await cancelOf(ended.orderId, 7), 'ack');
  t.is(await cancelOf(open.orderId, 8), 'park');
});

const likeADigest = () => `forgotten:${createHash('sha256').update(newMarker()).digest('hex')}`;

test('a key that looks like the digest of a key does not keep an order or a refund from being overwritten', async (t) => {
  const { pool } = await shopDatabase(t);
  const marker = newMarker();
  const request = { ...personalRequest(null, marker), idempotencyKey: likeADigest() };
  const { orderId, readToken } = await paidOrder(pool, request);
  const refund = askedRefund(orderId, { amount: 5, idempotencyKey: likeADigest() });
  const made = await requestRefund(pool, refund);
  if (made.kind === 'refund') await markOrderRefunded(pool, made.refund.refundId, 're_1');
  await deliverEverything(pool);
  const { forgotten, counts } = await forget(pool, { orderIds: [orderId] });
  t.deepEqual(forgotten, [orderId]);
  t.is(counts.get('order_refunds'), 1);
  t.deepEqual(await columnsWith(pool, [marker, readToken, request.idempotencyKey, refund.idempotencyKey]), []);
  t.deepEqual((await forget(pool, { orderIds: [orderId] })).counts, new Map());
  t.deepEqual(await requestRefund(pool, refund), { kind: 'key-reused' });
});

test('a text that comes for a forgotten refund is overwritten by the next run, and its key is recognised still', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const refund = askedRefund(orderId, { amount: 5, idempotencyKey: 'refund 1' });
  const made = await requestRefund(pool, refund);
  if (made.kind === 'refund') await markOrderRefunded(pool, made.refund.refundId, 're_1');
  await deliverEverything(pool);
  await forget(pool, { orderIds: [orderId] });
  await pool.query("UPDATE order_refunds SET failure = 'Jane has closed the account'");
  t.deepEqual((await forget(pool, { orderIds: [orderId] })).counts, new Map([['order_refunds', 1]]));
  t.deepEqual(await columnsWith(pool, ['Jane']), []);
  t.deepEqual(await requestRefund(pool, refund), { kind: 'key-reused' });
  t.is((await rows(pool, 'SELECT 1 FROM order_refunds')).length, 1);
});
