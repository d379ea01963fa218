import test from 'ava';
import type { Pool } from '../../../src/db/driver/pool.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { closePayment, refundPayment } from '../../../src/db/payments/payment-changes.js';
import { storeEvent } from '../../../src/db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../../../src/db/payments/refunds.js';
import { placeOrder, rows, shopDatabase } from '../../helpers/database.js';
import { deliverAll, eventsOf } from '../../helpers/events.js';
import { owe, payFor, paymentEvent } from '../payment-events.js';

const eventsOfPayment = async (pool: Pool, paymentId: string) =>
  (await rows(pool, 'SELECT type, order_id FROM events WHERE payment_id = ? ORDER BY position', [paymentId])).map(
    ({ type, order_id: orderId }) => `${type}${orderId === null ? '' : ' of an order'}`,
  );

test('money that goes back is required, fails and succeeds, each once, behind the events of its order', async (t) => {
  const { pool } = await shopDatabase(t);
  const order = await placeOrder(pool);
  const { orderId, amount, currency } = order;
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'operator-request' });
  const paymentId = await payFor(pool, order);
  await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  const attempt = { paymentId, refundAttempt: 0 };
  await markRefundFailed(pool, attempt, 'the charge is disputed');
  await markRefundFailed(pool, attempt, 'the charge is disputed');
  await refundPayment(pool, { paymentId, by: 'ann' });
  await markRefunded(pool, paymentId, 'refund-1', 1_000);
  await markRefunded(pool, paymentId, 'refund-1', 1_000);
  t.deepEqual(await eventsOf(pool, orderId), [
    '1 order.placed',
    '2 order.canceled',
    '3 refund.required',
    '4 refund.failed',
    '5 refund.required',
    '6 refund.succeeded',
  ]);
  const [, , required, failed, again, succeeded] = await deliverAll(pool);
  const payment = { paymentId, provider: 'test', amount, currency, reason: 'order-canceled' };
  for (const event of [required, failed, again, succeeded]) {
    t.like(event?.data, payment);
    t.like(event?.data['order'], { orderId, status: 'canceled', cancelReason: 'operator-request' });
  }
  t.is(failed?.data['failure'], 'the charge is disputed');
  t.like(succeeded?.data, { refundId: 'refund-1', refundedAmount: 1_000 });
});

test('a payment without an order is unplaced once, and its refund is the event of no order', async (t) => {
  const { pool } = await shopDatabase(t);
  const stray = paymentEvent({ orderId: 'of-another-shop' });
  await storeEvent(pool, stray);
  await storeEvent(pool, stray);
  await storeEvent(pool, { ...stray, eventId: 'another event of the payment' });
  t.deepEqual(await eventsOfPayment(pool, stray.paymentId), ['payment.unplaced']);
  await refundPayment(pool, { paymentId: stray.paymentId, by: 'ann' });
  await markRefunded(pool, stray.paymentId, 'refund-1');
  const all = ['payment.unplaced', 'refund.required', 'refund.succeeded'];
  t.deepEqual(await eventsOfPayment(pool, stray.paymentId), all);

  const delivered = await deliverAll(pool);
  const { paymentId, provider, amount, currency, orderId } = stray;
  t.deepEqual(delivered[0]?.data, { paymentId, provider, amount, currency, orderId });
  t.like(delivered[1]?.data, { paymentId, orderId, reason: 'order-unknown' });
  for (const [index, event] of delivered.entries())
    t.like(event, { type: all[index], subject: paymentId, sequence: null });
});

test('a payment that is refunded at once, and a closed one whose money did go back', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await owe(pool);
  await closePayment(pool, { paymentId, by: 'ann', note: 'paid back by transfer' });
  t.deepEqual(await eventsOfPayment(pool, paymentId), ['refund.required']);
  await markRefunded(pool, paymentId, 'refund-1');
  t.deepEqual(await eventsOfPayment(pool, paymentId), ['refund.required', 'refund.succeeded']);
});
