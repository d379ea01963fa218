import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { placePayment, refundPayment } from '../../src/db/payments/payment-changes.js';
import { buyOne, charge, chargeOf, eventsOf, metric, storedPayment, untilStatus } from '../helpers/payments.js';
import type { System } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';

/** Webhooks in any order and with repetitions, and their effect on the order and its payments. */

const test = anyTest as TestFn<{ system: System }>;

const paid = { status: 'paid', movement: 'sold' } as const;

for (const [what, wrong] of [
  ['too little', { amount: 1249 }],
  ['too much', { amount: 1251 }],
  ['another currency', { currency: 'USD' }],
] as const) {
  test(`a payment of ${what} does not pay and is refunded, and the order can still be paid in time`, async (t) => {
    const { system } = t.context;
    const order = await buyOne(system.customers);
    const paymentId = await charge(system, order, wrong);
    t.is(await untilStatus(system, paymentId, 'refunded'), 'amount-mismatch');
    const { refunds } = await system.customers.payment(paymentId);
    t.deepEqual(
      refunds.map(({ amount }) => amount),
      [{ amount: 1250, ...wrong }.amount],
    );
    t.like(await system.customers.look(order), { status: 'placed', refund: 'refunded' });
    const right = await charge(system, order);
    await system.observer.ended(order.orderId, paid);
    t.deepEqual(await storedPayment(system, right), { status: 'accepted', reason: null });
  });
}

test('one of two concurrent payments for one order is accepted, and the other is refunded', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const ids = await Promise.all([charge(system, order), charge(system, order)]);
  await system.observer.ended(order.orderId, paid);
  const ends = await until(
    'both payments to be decided and done',
    () => Promise.all(ids.map((id) => storedPayment(system, id))),
    (payments) => payments.every(({ status }) => status === 'accepted' || status === 'refunded'),
  );
  t.deepEqual(
    ends.toSorted((a, b) => (String(a.status) < String(b.status) ? -1 : 1)),
    [
      { status: 'accepted', reason: null },
      { status: 'refunded', reason: 'order-already-paid' },
    ],
  );
  const refunds = await Promise.all(ids.map(async (id) => (await system.customers.payment(id)).refunds.length));
  t.deepEqual(refunds.toSorted(), [0, 1]);
});

test('one event sent ten times at once pays once', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const [event, id] = [chargeOf(order), `msg_${randomUUID()}`];
  const answers = await Promise.all(Array.from({ length: 10 }, () => sendWebhook(system.shopUrl, event, { id })));
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
  await system.observer.ended(order.orderId, paid);
  t.is((await eventsOf(system, event.data.paymentId)).length, 1);
});

test('an event id with other bytes is answered 409, and changes nothing', async (t) => {
  const { system } = t.context;
  const [order, other] = [await buyOne(system.customers), await buyOne(system.customers)];
  const [first, second, id] = [chargeOf(order), chargeOf(other), `msg_${randomUUID()}`];
  t.is((await sendWebhook(system.shopUrl, first, { id })).status, 204);
  const answer = await sendWebhook(system.shopUrl, second, { id });
  t.is(answer.status, 409);
  t.like(await answer.json(), { type: 'urn:order-bridge:problem:event-conflict' });
  t.deepEqual(await storedPayment(system, second.data.paymentId), {});
  await system.observer.ended(order.orderId, paid);
  t.is((await system.customers.look(other)).status, 'placed');
});

test('two events for one payment pay once, and cause no refund', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const paymentId = await charge(system, order);
  await charge(system, order, { paymentId });
  await system.observer.ended(order.orderId, paid);
  await charge(system, order, { paymentId });
  t.is((await eventsOf(system, paymentId)).length, 3);
  t.deepEqual(await storedPayment(system, paymentId), { status: 'accepted', reason: null });
  t.deepEqual((await system.customers.payment(paymentId)).refunds, []);
});

test('an event that names another order for a known payment does not pay that order, and is logged', async (t) => {
  const { system } = t.context;
  const [order, other] = [await buyOne(system.customers), await buyOne(system.customers)];
  const paymentId = await charge(system, order);
  await system.observer.ended(order.orderId, paid);
  t.is((await sendWebhook(system.shopUrl, chargeOf(other, { paymentId }))).status, 204);
  const flagged = /^orders_webhook_events_total\{.*result="contradicting".*\}/;
  t.true((await metric(system.shopUrl, flagged)) >= 1);
  const right = await charge(system, other);
  await system.observer.ended(other.orderId, paid);
  t.is((await storedPayment(system, right)).status, 'accepted');
  t.deepEqual(await storedPayment(system, paymentId), { status: 'accepted', reason: null });
});

test('a payment that failed and then succeeds in time pays', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const paymentId = await charge(system, order, { type: 'payment.failed' });
  t.deepEqual(await storedPayment(system, paymentId), {}, 'it is no money');
  t.is((await system.customers.look(order)).status, 'placed', 'it does not cancel');
  await charge(system, order, { paymentId });
  await system.observer.ended(order.orderId, paid);
  t.is((await storedPayment(system, paymentId)).status, 'accepted');
});

test('a failed payment after the success changes nothing', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const paymentId = await charge(system, order);
  const { status } = await sendWebhook(system.shopUrl, chargeOf(order, { paymentId, type: 'payment.failed' }));
  t.is(status, 204);
  await system.observer.ended(order.orderId, paid);
  t.deepEqual(await storedPayment(system, paymentId), { status: 'accepted', reason: null });
});

test('a failed payment does not delay the end at the deadline', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.shortWindowCustomers, 'short-window');
  t.is((await sendWebhook(system.shopUrl, chargeOf(order, { type: 'payment.failed' }))).status, 204);
  await system.observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
  t.like(await system.shortWindowCustomers.look(order), { cancelReason: 'payment-window-expired', refund: 'none' });
  t.is((await system.observer.stockOf('short-window')).available, 10);
});

test('a payment for an unknown order is stored and counted, and is refunded once when a person requests the refund', async (t) => {
  const { system } = t.context;
  const order = { ...(await buyOne(system.customers)), orderId: randomUUID() };
  const paymentId = await charge(system, order);
  t.deepEqual(await storedPayment(system, paymentId), { status: 'unplaced', reason: null });
  t.true((await metric(system.shopUrl, /^orders_webhook_events_total\{.*result="unplaced"/)) >= 1);
  await until(
    'the bridge to count it',
    () => metric(system.bridgeUrl(), /^orders_payments_unplaced\{/),
    (count) => count >= 1,
  );
  t.is((await system.customers.payment(paymentId)).refunds.length, 0);
  await refundPayment(system.pool, { paymentId, by: 'ann' });
  t.is(await untilStatus(system, paymentId, 'refunded'), 'order-unknown');
  t.is((await system.customers.payment(paymentId)).refunds.length, 1);
});

test('an unplaced payment that a person assigns to its order pays the order', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const paymentId = await charge(system, { ...order, orderId: 'order-17' });
  await placePayment(system.pool, { paymentId, orderId: order.orderId, by: 'ann' });
  await system.observer.ended(order.orderId, paid);
  t.is((await storedPayment(system, paymentId)).status, 'accepted');
});

test('a payment for an order id in capitals pays the order', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const paymentId = await charge(system, { ...order, orderId: order.orderId.toUpperCase() });
  await system.observer.ended(order.orderId, paid);
  t.is((await storedPayment(system, paymentId)).status, 'accepted');
});

test('an event of an unknown type is answered 204 and not stored', async (t) => {
  const { system } = t.context;
  const { data } = chargeOf(await buyOne(system.customers));
  t.is((await sendWebhook(system.shopUrl, { type: 'payment.disputed', data })).status, 204);
  t.deepEqual(await eventsOf(system, data.paymentId), []);
});

test("a webhook without the provider's signature is answered 401 and not stored", async (t) => {
  const { system } = t.context;
  const event = chargeOf(await buyOne(system.customers));
  const secret = `whsec_${Buffer.from('a secret of somebody else').toString('base64')}`;
  const forged = JSON.stringify({ ...event, data: { ...event.data, amount: 1 } });
  for (const options of [{ secret }, { body: forged }, { at: new Date(Date.now() - 400_000) }]) {
    t.is((await sendWebhook(system.shopUrl, event, options)).status, 401, Object.keys(options).join());
  }
  t.deepEqual(
    [await eventsOf(system, event.data.paymentId), await storedPayment(system, event.data.paymentId)],
    [[], {}],
  );
});

test('the route for Stripe does not exist while Stripe is not configured', async (t) => {
  const { shopUrl } = t.context.system;
  t.is((await fetch(`${shopUrl}/webhooks/stripe`, { method: 'POST', body: '{}' })).status, 404);
});
