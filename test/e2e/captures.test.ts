import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { orders } from '../cli/orders.js';
import { booked } from '../helpers/authorised.js';
import { payOnPage } from '../helpers/begun.js';
import { rows } from '../helpers/database.js';
import { buyOne, untilStatus } from '../helpers/payments.js';
import { type StripeServer, startStripe } from '../helpers/stripe-server.js';
import { sendStripeEvent, stripeEvent, stripeSecret } from '../helpers/stripe-webhook.js';
import { adminToken, product, type System, startSystem } from '../helpers/system.js';

/** Payments that are authorised and captured, with the real processes. One test at a time: some of them break the provider. */

const test = anyTest as TestFn<{ system: System; stripe: StripeServer }>;

test.before(async (t) => {
  const stripe = await startStripe();
  const settings = {
    PAYMENT_CAPTURE: 'at-settlement',
    STRIPE_CAPTURE: 'at-settlement',
    STRIPE_WEBHOOK_SECRET: stripeSecret,
    STRIPE_SECRET_KEY: 'sk_test_e2e',
    STRIPE_API_URL: stripe.url,
  };
  t.context = { stripe, system: await startSystem([product('mug', 200)], settings) };
});

test.after.always(async (t) => {
  const { system, stripe } = t.context;
  const { findings, open } = await system.audit();
  await system.close();
  await stripe.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

const json = { 'content-type': 'application/json' };

async function begin({ shopUrl }: System, { orderId, readToken }: Placed, body: object = {}) {
  const answer = await fetch(`${shopUrl}/orders/${orderId}/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readToken}` },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as { readonly paymentId: string; readonly url: string };
}

const at = ({ providerUrl }: System, path: string, body: object = {}) =>
  fetch(`${providerUrl}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });

const there = async ({ providerUrl }: System, paymentId: string) =>
  (await (await fetch(`${providerUrl}/payments/${paymentId}`)).json()) as { status: string; refunds: unknown[] };

const untilState = ({ pool }: System, paymentId: string, state: string) =>
  until(
    `the authorisation of ${paymentId} to be ${state}`,
    () => booked(pool, paymentId),
    (row) => row?.['state'] === state,
  );

const paid = { status: 'paid', movement: 'sold' } as const;

const cancel = async ({ shopUrl }: System, { orderId, readToken }: Placed) =>
  (
    await fetch(`${shopUrl}/orders/${orderId}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${readToken}` },
    })
  ).status;

test.serial('a customer authorises on the page, the order is paid, and the money is captured once', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const { url, paymentId } = await begin(system, order);
  await at(system, '/faults', { capture: { failNext: 1, when: 'after' } });
  await payOnPage(url);
  await system.observer.ended(order.orderId, paid);
  t.like(await untilState(system, paymentId, 'captured'), { status: 'accepted', uncaptured: 0 });
  t.like(await there(system, paymentId), { status: 'succeeded', refunds: [] });
});

test.serial('a payment intent of Stripe is authorised by its webhook, and captured', async (t) => {
  const { system, stripe } = t.context;
  const order = await buyOne(system.customers);
  const { paymentId } = await begin(system, order, { provider: 'stripe' });
  const { amount, currency, metadata } = stripe.payments.pay(paymentId);
  const held = { amount_received: 0, amount_capturable: amount, status: 'requires_capture', metadata };
  const event = stripeEvent(
    'payment_intent.amount_capturable_updated',
    { paymentId, orderId: order.orderId, amount, currency },
    { intent: held },
  );
  t.is((await sendStripeEvent(system.shopUrl, event)).status, 204);
  await system.observer.ended(order.orderId, paid);
  await untilState(system, paymentId, 'captured');
  t.like(
    stripe.payments.intents().find(({ id }) => id === paymentId),
    { status: 'succeeded', amount_received: amount },
  );
});

test.serial('an authorisation that comes after the cancel is voided, and the order says so', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  t.is(await cancel(system, order), 200);
  const payment = { orderId: order.orderId, amount: order.amount, currency: order.currency };
  const paymentId = `pay_${randomUUID()}`;
  const webhookUrl = `${system.shopUrl}/webhooks/payment`;
  await at(system, '/payments', { ...payment, paymentId, type: 'payment.authorised', webhookUrl });
  t.is(await untilStatus(system, paymentId, 'voided'), 'order-canceled');
  t.like(await there(system, paymentId), { status: 'canceled', refunds: [] });
  const shown = await fetch(`${system.shopUrl}/orders/${order.orderId}`, {
    headers: { authorization: `Bearer ${order.readToken}` },
  });
  t.like(await shown.json(), { status: 'canceled', refund: 'voided' });
});

test.serial('a worker and a bridge that are killed while captures are owed capture each once later', async (t) => {
  const { system } = t.context;
  await at(system, '/faults', { capture: { failNext: 1_000, when: 'before' } });
  const begun = [];
  for (let n = 0; n < 8; n++) {
    const order = await buyOne(system.customers, 'mug', 100 + n);
    begun.push({ order, ...(await begin(system, order)) });
  }
  await Promise.all(begun.map(({ url }) => payOnPage(url)));
  for (const { order } of begun) await system.observer.ended(order.orderId, paid);
  const [first] = begun;
  if (first === undefined) return t.fail();
  const refused = await fetch(`${system.adminUrl}/orders/${first.order.orderId}/refunds`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${adminToken}`, 'idempotency-key': randomUUID() },
    body: JSON.stringify({ all: true }),
  });
  t.like(await refused.json(), { status: 409, type: 'urn:order-bridge:problem:payment-not-captured' });
  await Promise.all([system.kill('worker'), system.kill('bridge')]);
  await at(system, '/faults', { capture: { failNext: 4, when: 'after' } });
  await Promise.all([system.start('worker'), system.start('bridge')]);
  for (const { paymentId } of begun) {
    t.like(await untilState(system, paymentId, 'captured'), { status: 'accepted', uncaptured: 0 });
    t.like(await there(system, paymentId), { status: 'succeeded', refunds: [] });
  }
});

test.serial('a capture that is refused for good is named by the commands, and a person ends it', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  const { url, paymentId } = await begin(system, order);
  await at(system, '/faults', { capture: { failNext: 1_000, when: 'before' } });
  await payOnPage(url);
  await system.observer.ended(order.orderId, paid);
  await at(system, `/payments/${paymentId}/expire`);
  await at(system, '/faults', { capture: { failNext: 0 } });
  await untilState(system, paymentId, 'failed');
  const { open } = await system.audit();
  t.true(open.some(({ subject, detail }) => subject === `payment ${paymentId}` && /refuses the capture/.test(detail)));
  const run = (...args: string[]) => orders(['payments', ...args], { MYSQL_URL: system.mysqlUrl });
  const listed = await run('list', '--owed');
  t.regex(listed.out, new RegExp(`${paymentId}[\\s\\S]*refuses the capture, a person decides: the authorisation`));
  t.is((await run('capture', paymentId, '--by', 'ann')).code, 0);
  await until(
    'the second refusal',
    () => booked(system.pool, paymentId),
    (row) => row?.['state'] === 'failed' && row['attempt'] === 1,
  );
  const events = await rows(system.pool, "SELECT 1 FROM events WHERE type = 'capture.failed' AND payment_id = ?", [
    paymentId,
  ]);
  t.is(events.length, 2);
  t.is((await run('close', paymentId, '--by', 'ann', '--note', 'paid in cash')).code, 0);
  t.regex((await run('show', paymentId)).out, /authorisation: +closed[\s\S]*paid in cash/);
  t.is((await run('capture', paymentId)).code, 1);
});
