import test from 'ava';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { closePayment, placePayment, refundPayment } from '../../src/db/payments/payment-changes.js';
import { showPayment } from '../../src/db/payments/payment-list.js';
import { findPayment, storeEvent } from '../../src/db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../../src/db/payments/refunds.js';
import { unfinishedPayments } from '../../src/db/payments/unfinished-payments.js';
import { assignExistingOrders } from '../../src/db/payments/unplaced-payments.js';
import { checkoutRequest, openPool, placeOrder, shopDatabase } from '../helpers/database.js';
import { owe, payFor, paymentEvent } from './payment-events.js';

/** An unplaced payment is changed by a person, or by the arrival of its order. */

const by = 'ann';
const refused = (message: RegExp) => ({ name: 'DomainError', code: 'change-refused', message });

test('an unplaced payment that a person assigns to its order pays the order, and the person stays recorded', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const { orderId } = checkout;
  const paymentId = await payFor(pool, checkout, { orderId: 'order-17' });
  await placePayment(pool, { paymentId: `${paymentId} `, orderId: `${orderId} `, by, note: 'wrong reference' });
  t.like(await findPayment(pool, paymentId), { status: 'received', orderId, toldOrderId: 'order-17' });
  const { order } = await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  t.like(order, { status: 'paid', paymentId });
  const { changes = [] } = (await showPayment(pool, paymentId)) ?? {};
  t.like(changes, [{ action: 'place', statusBefore: 'unplaced', changedBy: 'ann', note: 'wrong reference' }]);
  t.is(changes.length, 1);
});

test('a later event of the provider for an assigned payment does not contradict the payment', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout, { orderId: 'order-17' });
  await placePayment(pool, { paymentId, orderId: checkout.orderId, by });
  const { amount, currency, orderId } = checkout;
  t.is(await storeEvent(pool, paymentEvent({ paymentId, amount, currency, orderId: 'order-17' })), 'stored');
  t.is(await storeEvent(pool, paymentEvent({ paymentId, amount, currency, orderId })), 'stored');
});

test('a payment is assigned only to an order that waits for exactly this amount and currency', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const canceled = await placeOrder(pool);
  await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  const place = async (orderId: string, more: object = {}) => {
    const paymentId = await payFor(pool, checkout, { orderId: 'order-17', ...more });
    try {
      await placePayment(pool, { paymentId, orderId, by });
    } finally {
      t.like(await showPayment(pool, paymentId), { status: 'unplaced', orderId: 'order-17', changes: [] });
    }
  };
  await t.throwsAsync(place('nothing'), refused(/no order nothing/));
  await t.throwsAsync(place(canceled.orderId), refused(/is canceled; it takes no payment/));
  await t.throwsAsync(place(checkout.orderId, { amount: 1 }), refused(/costs 1250 EUR, and payment .* is 1 EUR/));
  await t.throwsAsync(place(checkout.orderId, { currency: 'USD' }), refused(/costs 1250 EUR.* is 1250 USD/));
});

test('an unplaced payment whose refund a person requests is owed from then on', async (t) => {
  const { pool } = await shopDatabase(t);
  const stray = paymentEvent();
  await storeEvent(pool, stray);
  await refundPayment(pool, { paymentId: stray.paymentId, by });
  t.like(await findPayment(pool, stray.paymentId), {
    status: 'refund_required',
    refundReason: 'order-unknown',
    refundAttempt: 0,
  });
  t.is((await unfinishedPayments(pool, 'refund_required', { minAgeMs: 0, limit: 10 })).length, 1);
});

test('a finally failed refund is not retried until a person starts a new try', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await owe(pool);
  await markRefundFailed(pool, { paymentId, refundAttempt: 0 }, 'the charge is disputed');
  t.deepEqual(await unfinishedPayments(pool, 'refund_required', { minAgeMs: 0, limit: 10 }), []);
  await refundPayment(pool, { paymentId, by, note: 'the dispute was won' });
  t.like(await showPayment(pool, paymentId), { status: 'refund_required', refundAttempt: 1, refundFailure: null });
  await markRefundFailed(pool, { paymentId, refundAttempt: 0 }, 'an answer to the first try, which came late');
  t.like(await findPayment(pool, paymentId), { status: 'refund_required' });
});

test('a closed payment is not refunded, and a refund that had begun before is still recorded', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await owe(pool);
  await closePayment(pool, { paymentId, by, note: 'paid back by bank transfer' });
  t.deepEqual(await unfinishedPayments(pool, 'refund_required', { minAgeMs: 0, limit: 10 }), []);
  t.like(await showPayment(pool, paymentId), {
    status: 'closed',
    changes: [{ action: 'close', statusBefore: 'refund_required', note: 'paid back by bank transfer' }],
  });
  await markRefunded(pool, paymentId, 'refund-1');
  t.like(await findPayment(pool, paymentId), { status: 'refunded', refundId: 'refund-1' });
});

test('a decided payment cannot be changed by a person, and nothing is written', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const { orderId } = checkout;
  const paymentId = await payFor(pool, checkout);
  await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  await t.throwsAsync(placePayment(pool, { paymentId, orderId, by }), refused(/is accepted\. A person can place/));
  await t.throwsAsync(refundPayment(pool, { paymentId, by }), refused(/is accepted\. A person can refund/));
  await t.throwsAsync(closePayment(pool, { paymentId, by, note: 'no' }), refused(/is accepted\. A person can close/));
  await t.throwsAsync(refundPayment(pool, { paymentId: 'none', by }), refused(/no payment none/));
  t.like(await showPayment(pool, paymentId), { status: 'accepted', changes: [] });
});

test('of two persons who refund and assign a payment at the same moment, one succeeds', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const other = openPool(t, url);
  const checkout = await placeOrder(pool);
  for (let round = 0; round < 20; round++) {
    const paymentId = await payFor(pool, checkout, { orderId: 'order-17' });
    const outcomes = await Promise.allSettled([
      refundPayment(pool, { paymentId, by }),
      placePayment(other, { paymentId, orderId: checkout.orderId, by }),
    ]);
    t.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    const payment = await showPayment(pool, paymentId);
    t.is(payment?.changes.length, 1);
    t.is(payment?.status, outcomes[0]?.status === 'fulfilled' ? 'refund_required' : 'received');
  }
});

test('an unplaced payment is assigned to its order when the checkout comes later, and pays the order', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = checkoutRequest();
  const early = paymentEvent({ orderId });
  t.is(await storeEvent(pool, early), 'unplaced');
  t.is(await assignExistingOrders(pool), 0);
  await placeOrder(pool, { orderId });
  t.is(await assignExistingOrders(pool), 1);
  t.is(await assignExistingOrders(pool), 0);
  const { paymentId } = early;
  t.like(await findPayment(pool, paymentId), { status: 'received' });
  const { order } = await settleOrder(pool, orderId, { kind: 'payment', paymentId });
  t.is(order.status, 'paid');
});
