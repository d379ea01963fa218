import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { refundPayment } from '../../src/db/payments/payment-changes.js';
import { refundWorkflowId } from '../../workflows/contract.js';
import { buyOne, charge, eventsOf, metric, storedPayment, untilStatus } from '../helpers/payments.js';
import { type StripeServer, startStripe } from '../helpers/stripe-server.js';
import { sendStripeEvent, stripeEvent, stripeSecret, stripeSession } from '../helpers/stripe-webhook.js';
import { product, type System, startSystem } from '../helpers/system.js';

/** Stripe as the second provider: webhooks with Stripe's signature, refunds by Stripe's library. One test at a time. */

const test = anyTest as TestFn<{ system: System; stripe: StripeServer }>;

test.before(async (t) => {
  const stripe = await startStripe();
  const settings = {
    STRIPE_WEBHOOK_SECRET: stripeSecret,
    STRIPE_SECRET_KEY: 'sk_test_e2e',
    STRIPE_API_URL: stripe.url,
  };
  t.context = { stripe, system: await startSystem([product('mug', 100)], settings) };
});

test.after.always(async (t) => {
  const { system, stripe } = t.context;
  const { findings, open } = await system.audit();
  await system.close();
  await stripe.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

const paid = { status: 'paid', movement: 'sold' } as const;

interface PaymentAtStripe {
  readonly paymentId?: string;
  readonly amount?: number;
  readonly type?: string;
}

/** A customer pays at Stripe, which sends a webhook to the shop. @returns the payment intent's id */
async function payByStripe({ shopUrl }: System, order: Placed, charge: PaymentAtStripe = {}): Promise<string> {
  const { paymentId = `pi_${randomUUID()}`, amount = order.amount, type = 'payment_intent.succeeded' } = charge;
  const event = stripeEvent(type, { paymentId, orderId: order.orderId, amount, currency: order.currency });
  const { status } = await sendStripeEvent(shopUrl, event);
  if (status !== 204) throw new Error(`the shop answered ${status} to Stripe`);
  return paymentId;
}

test.serial('a payment of Stripe pays an order', async (t) => {
  const { system, stripe } = t.context;
  const order = await buyOne(system.customers);
  await payByStripe(system, order, { type: 'payment_intent.payment_failed' });
  const paymentId = await payByStripe(system, order);
  await system.observer.ended(order.orderId, paid);
  t.deepEqual(await storedPayment(system, paymentId), { status: 'accepted', reason: null });
  t.deepEqual(stripe.asked, []);
});

test.serial('a Checkout Session pays an order, and its payment intent counts as the same payment', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const payment = { ...order, paymentId: `pi_${randomUUID()}` };
  const session = stripeSession('checkout.session.completed', payment);
  const ofCustomer = { metadata: {}, client_reference_id: randomUUID() };
  const customers = stripeSession('checkout.session.completed', payment, ofCustomer);
  for (const event of [customers, session, stripeEvent('payment_intent.succeeded', payment)]) {
    t.is((await sendStripeEvent(system.shopUrl, event)).status, 204);
  }
  await system.observer.ended(order.orderId, paid);
  t.deepEqual(await storedPayment(system, payment.paymentId), { status: 'accepted', reason: null });
  t.is((await eventsOf(system, payment.paymentId)).length, 2);
});

test.serial('events of other programs and unreadable events are answered 204 and counted', async (t) => {
  const { system } = t.context;
  const payment = { paymentId: `pi_${randomUUID()}`, orderId: randomUUID(), amount: 1250, currency: 'EUR' };
  const foreign = stripeEvent('payment_intent.succeeded', payment, { intent: { metadata: {} } });
  const odd = stripeEvent('payment_intent.succeeded', payment, { intent: { amount_received: 12.5 } });
  const counted = (result: string) =>
    metric(system.shopUrl, new RegExp(`^orders_webhook_events_total\\{.*type="payment.succeeded",result="${result}"`));
  const before = (await counted('foreign')) || 0;
  for (const event of [foreign, odd, { id: 'evt_none' }]) {
    t.is((await sendStripeEvent(system.shopUrl, event)).status, 204);
  }
  t.deepEqual([await counted('foreign'), await counted('unreadable')], [before + 1, 1]);
  t.deepEqual(await storedPayment(system, payment.paymentId), {});
  t.regex(system.logs(), new RegExp(`${odd.id}.*a person has to look`));
});

test.serial('a refund that Stripe refuses finally waits for a person, and is not requested again', async (t) => {
  const { system, stripe } = t.context;
  const order = await buyOne(system.customers);
  const paymentId = `pi_${randomUUID()}`;
  stripe.charge(paymentId, { amount_captured: 1251, disputed: true });
  await payByStripe(system, order, { paymentId, amount: 1251 });
  t.is(await untilStatus(system, paymentId, 'refund_failed'), 'amount-mismatch');
  const asked = () => stripe.asked.filter(({ paymentIntent }) => paymentIntent === paymentId).length;
  t.is(asked(), 1);
  t.like(await system.customers.look(order), { status: 'placed', refund: 'required' });
  t.regex((await system.audit()).open[0]?.detail ?? '', /cannot go back by stripe, a person decides: .*charged back/);

  await refundPayment(system.pool, { paymentId, by: 'ann', note: 'looks won' });
  await untilStatus(system, paymentId, 'refund_failed');
  await until(
    'the workflow that a person asked for to fail',
    () => system.temporal.workflow.getHandle(refundWorkflowId(paymentId)).describe(),
    ({ status }) => status.name === 'FAILED',
  );
  stripe.charge(paymentId, { amount_captured: 1251 });
  await refundPayment(system.pool, { paymentId, by: 'ann', note: 'won' });
  await untilStatus(system, paymentId, 'refunded');
  t.is(stripe.refundsOf(paymentId).length, 1);
  await payByStripe(system, order);
  await system.observer.ended(order.orderId, paid);
});

test.serial(
  'an event that Stripe sends again with another body is the same event, and another payment with its id is a conflict',
  async (t) => {
    const { system } = t.context;
    const order = await buyOne(system.customers);
    const { orderId, amount, currency } = order;
    const intent = { paymentId: `pi_${randomUUID()}`, orderId, amount, currency };
    const id = `evt_${randomUUID()}`;
    const event = stripeEvent('payment_intent.succeeded', intent, { id });
    const other = stripeEvent('payment_intent.succeeded', { ...intent, amount: 1 }, { id });
    const answers = [event, { ...event, pending_webhooks: 2 }, other].map(
      (one) => () => sendStripeEvent(system.shopUrl, one),
    );
    const statuses: number[] = [];
    for (const answer of answers) statuses.push((await answer()).status);
    t.deepEqual(statuses, [204, 204, 409]);
    await system.observer.ended(orderId, paid);
    t.is((await eventsOf(system, intent.paymentId)).length, 1);
  },
);

test.serial(
  'a Stripe payment that its order does not accept is refunded by Stripe once, also after many failures',
  async (t) => {
    const { system, stripe } = t.context;
    const order = await buyOne(system.customers);
    stripe.fail(10_000);
    const paymentId = await payByStripe(system, order, { amount: 1251 });
    await until(
      'three tries',
      async () => stripe.asked.filter(({ paymentIntent }) => paymentIntent === paymentId).length,
      (tries) => tries >= 3,
    );
    t.like(await system.customers.look(order), { status: 'placed', refund: 'required' });
    t.regex((await system.audit()).open[0]?.detail ?? '', /^1251 EUR .* owed by stripe for \d+ s$/);
    stripe.fail(1, 'after');
    t.is(await untilStatus(system, paymentId, 'refunded'), 'amount-mismatch');
    t.deepEqual(
      stripe.refundsOf(paymentId).map(({ amount }) => amount),
      [1251],
    );
    const asked = stripe.asked.filter(({ paymentIntent }) => paymentIntent === paymentId);
    t.deepEqual([...new Set(asked.map(({ key }) => key))], [`refund:${paymentId}`]);
    t.deepEqual([...new Set(asked.map(({ authorization }) => authorization))], ['Bearer sk_test_e2e']);
    await payByStripe(system, order);
    await system.observer.ended(order.orderId, paid);
  },
);

test.serial(
  'an order that both providers report as paid keeps the first payment, and the second provider refunds',
  async (t) => {
    const { system, stripe } = t.context;
    const order = await buyOne(system.customers);
    const first = await charge(system, order);
    await system.observer.ended(order.orderId, paid);
    const second = await payByStripe(system, order);
    t.is(await untilStatus(system, second, 'refunded'), 'order-already-paid');
    t.is(stripe.refundsOf(second).length, 1);
    t.deepEqual(await storedPayment(system, first), { status: 'accepted', reason: null });
  },
);

test.serial(
  'the same payment id of both providers names two payments: one pays, and the other is refunded by its own provider',
  async (t) => {
    const { system, stripe } = t.context;
    const [order, other] = [await buyOne(system.customers), await buyOne(system.customers)];
    const paymentId = await charge(system, order, { paymentId: 'pi_same' });
    await system.observer.ended(order.orderId, paid);
    await payByStripe(system, other, { paymentId, amount: 1 });
    t.is(await untilStatus(system, `stripe:${paymentId}`, 'refunded'), 'amount-mismatch');
    t.is(stripe.refundsOf(paymentId).length, 1);
    t.deepEqual(await storedPayment(system, paymentId), { status: 'accepted', reason: null });
    t.deepEqual((await system.customers.payment(paymentId)).refunds, []);
    await payByStripe(system, other);
    await system.observer.ended(other.orderId, paid);
  },
);
