import test from 'ava';
import type { CaptureAt } from '../../src/domain/authorisation.js';
import type { PaymentEvent } from '../../src/domain/payment.js';
import { createStripeWebhooks } from '../../src/payments/stripe-webhooks.js';
import { stripeEvent, stripeSecret, stripeSession, stripeSignature } from '../helpers/stripe-webhook.js';

/** The webhooks of Stripe that are accepted, and the fields that are read from them. */

const intent = { paymentId: 'pi_1', orderId: 'order-1', amount: 1250, currency: 'EUR' };
const succeeded = stripeEvent('payment_intent.succeeded', intent, { id: 'evt_1' });

function read(
  event: unknown,
  options: { signature?: string | undefined; secrets?: string[]; by?: string; at?: Date; capture?: CaptureAt } = {},
) {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  const { by = stripeSecret, at = new Date(), secrets = [stripeSecret] } = options;
  const signature = 'signature' in options ? options.signature : stripeSignature(text, { secret: by, at });
  return createStripeWebhooks({ secrets, ...(options.capture && { capture: options.capture }) }).read(
    Buffer.from(text),
    (name) => (name === 'stripe-signature' ? signature : undefined),
  );
}

const refused = { name: 'DomainError', code: 'signature-refused' } as const;
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

test('a payment intent that succeeded is a payment', (t) => {
  const { bodySha256, ...event } = read(succeeded) as PaymentEvent;
  t.is(bodySha256.length, 32);
  t.deepEqual(event, { provider: 'stripe', eventId: 'evt_1', type: 'payment.succeeded', ...intent });
});

test('the received amount is the amount of the payment', (t) => {
  const event = stripeEvent('payment_intent.succeeded', intent, { intent: { amount_received: 1000 } });
  t.like(read(event), { amount: 1000 });
});

test('a payment intent that failed is a failed payment', (t) => {
  t.like(read(stripeEvent('payment_intent.payment_failed', intent)), { type: 'payment.failed', ...intent });
});

test('a payment intent that a bank is processing is a payment in processing, of the amount that was asked for', (t) => {
  const event = stripeEvent('payment_intent.processing', intent, { intent: { amount_received: 0 } });
  t.like(read(event), { type: 'payment.processing', ...intent });
});

test('every other type is ignored', (t) => {
  for (const type of ['payment_intent.created', 'v1.payment_intent.succeeded', 'charge.refunded', 'constructor', '']) {
    t.like(read({ id: 'evt_2', object: 'event', type, data: { object: {} } }), { result: 'ignored' });
  }
});

test('an event sent again has the same digest with another body, and another amount has another digest', (t) => {
  const digest = (event: object) => (read(event) as { bodySha256: Buffer }).bodySha256.toString('hex');
  t.is(digest(succeeded), digest({ ...succeeded, pending_webhooks: 3 }));
  const dearer = stripeEvent('payment_intent.succeeded', { ...intent, amount: 1251 }, { id: 'evt_1' });
  t.not(digest(succeeded), digest(dearer));
});

test('a signature with another secret, a missing signature and a malformed signature are refused', (t) => {
  t.throws(() => read(succeeded, { by: 'whsec_foreign' }), refused);
  for (const signature of [undefined, '', 'nonsense', 't=1', 't=x,v1=y', 't=1,v1', `${stripeSignature('{}')}`]) {
    t.throws(() => read(succeeded, { signature }), refused, String(signature));
  }
  t.throws(() => read(succeeded, { secrets: [] }), refused);
});

test('both secrets are accepted during a rotation', (t) => {
  const secrets = ['whsec_newer', stripeSecret];
  for (const by of secrets) t.like(read(succeeded, { by, secrets }), { eventId: 'evt_1' });
  t.throws(() => read(succeeded, { by: 'whsec_foreign', secrets }), refused);
  t.throws(() => read(succeeded, { secrets: ['whsec_newer'] }), refused);
});

test("a signature is accepted within the tolerance of Stripe's library, and not after that", (t) => {
  t.like(read(succeeded, { at: ago(290) }), { eventId: 'evt_1' });
  t.throws(() => read(succeeded, { at: ago(310) }), refused);
});

test('a body with any one byte changed is refused', (t) => {
  const text = JSON.stringify(succeeded);
  const signature = stripeSignature(text);
  for (let index = 0; index < text.length; index++) {
    const changed = Buffer.from(text);
    changed[index] = (changed[index] ?? 0) ^ 1;
    t.throws(() => read(changed.toString('latin1'), { signature }), refused, `byte ${index}`);
  }
});

test('a payment intent without an order id is of another program', (t) => {
  for (const metadata of [undefined, null, {}, { orderId: '' }, { orderId: ' ' }, { order_id: 'order-1' }]) {
    const event = stripeEvent('payment_intent.succeeded', intent, { intent: { metadata } });
    t.deepEqual(read(event), { result: 'foreign', type: 'payment.succeeded' }, JSON.stringify(metadata));
  }
});

test('an invalid order id is stored with its invalid characters replaced', (t) => {
  const named = (orderId: string) =>
    read(stripeEvent('payment_intent.succeeded', intent, { intent: { metadata: { orderId } } }));
  t.like(named('order 17 é'), { orderId: 'order?17??' });
  t.like(named('x'.repeat(500)), { orderId: 'x'.repeat(64) });
  t.like(named(' 01957A3E-ABCD-7000-8000-00000000ABCD '), { orderId: '01957a3e-abcd-7000-8000-00000000abcd' });
});

const uuid = '01957a3e-abcd-7000-8000-00000000abcd';
const session = { ...intent, orderId: uuid };

for (const [type, status, eventType] of [
  ['checkout.session.completed', 'paid', 'payment.succeeded'],
  ['checkout.session.async_payment_succeeded', 'paid', 'payment.succeeded'],
  ['checkout.session.async_payment_failed', 'unpaid', 'payment.failed'],
] as const) {
  test(`${type} is a ${eventType} of the session's payment intent`, (t) => {
    t.like(read(stripeSession(type, session, { payment_status: status })), { type: eventType, ...session });
  });
}

test('a session and its payment intent report the same payment', (t) => {
  const both = [
    read(stripeSession('checkout.session.completed', session)),
    read(stripeEvent('payment_intent.succeeded', session)),
  ] as PaymentEvent[];
  const [ofSession, ofIntent] = both.map(({ eventId: _, ...event }) => event);
  t.deepEqual(ofSession, ofIntent);
});

for (const status of ['unpaid', 'no_payment_required']) {
  test(`a session that is completed and ${status} is no payment yet`, (t) => {
    t.like(read(stripeSession('checkout.session.completed', session, { payment_status: status })), {
      result: 'ignored',
    });
  });
}

test("a session may name its order in its reference, and a shop's own reference names no order", (t) => {
  const named = (client_reference_id: string | null) =>
    read(stripeSession('checkout.session.completed', session, { metadata: {}, client_reference_id }));
  t.like(named(uuid.toUpperCase()), { orderId: uuid, byReference: true });
  const both = { metadata: { orderId: uuid }, client_reference_id: uuid.replace('abcd', 'ffff') };
  const event = read(stripeSession('checkout.session.completed', session, both));
  t.like(event, { orderId: uuid });
  t.false('byReference' in event, 'the metadata comes before the reference');
  for (const reference of ['customer-7', '', null]) t.like(named(reference), { result: 'foreign' });
});

test("an amount is in the minor units of ISO 4217, whatever Stripe's units are", (t) => {
  const readAmount = (currency: string, amount: number) =>
    read(stripeEvent('payment_intent.succeeded', { ...intent, currency, amount }));
  t.like(readAmount('ISK', 500), { amount: 5, currency: 'ISK' });
  t.like(readAmount('MGA', 5), { amount: 500, currency: 'MGA' });
  t.like(readAmount('JPY', 500), { amount: 500, currency: 'JPY' });
  t.like(readAmount('KWD', 5120), { amount: 5120, currency: 'KWD' });
  t.like(readAmount('UGX', 550), { result: 'unreadable' }, 'no whole shilling');
});

const wrong: readonly (readonly [what: string, event: unknown, detail: RegExp])[] = [
  ['what is not JSON', 'event', /^: /],
  ['null', 'null', /^: /],
  ['nothing', '', /^: /],
  ['an event without an id', { ...succeeded, id: undefined }, /^id: /],
  ['an event without data', { ...succeeded, data: undefined }, /^data: /],
  ...Object.entries({
    id: ['', 'x'.repeat(201)],
    amount_received: [12.5, -1, '1250'],
    currency: ['euro', 7],
  }).flatMap(([field, values]) =>
    values.map((value) => {
      const event = stripeEvent('payment_intent.succeeded', intent, { id: 'evt_1', intent: { [field]: value } });
      return [`${field} ${String(value).slice(0, 10)}`, event, new RegExp(`^${field}: `)] as const;
    }),
  ),
  [
    'a session of ours without a payment intent',
    stripeSession('checkout.session.completed', session, { payment_intent: null }),
    /^payment_intent: /,
  ],
];

for (const [what, event, detail] of wrong) {
  test(`${what} is reported as unreadable, and is no error to Stripe`, (t) => {
    const answer = read(event) as { result: string; detail: string };
    t.is(answer.result, 'unreadable');
    t.regex(answer.detail, detail);
  });
}

test('an authorisation counts where it was begun here or the setting takes it, once it can be captured', (t) => {
  const capturable = { amount_received: 0, amount_capturable: 1250, status: 'requires_capture' };
  const eventOf = (more: object) => stripeEvent('payment_intent.amount_capturable_updated', intent, { intent: more });
  const begunId = '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10';
  const begun = eventOf({ ...capturable, metadata: { orderId: 'order-1', begunId } });
  t.like(read(begun), { type: 'payment.authorised', ...intent, begunId });
  t.like(read(eventOf(capturable)), { result: 'ignored' }, 'a shop that captures by hand finds nothing captured');
  t.like(read(eventOf(capturable), { capture: 'at-settlement' }), { type: 'payment.authorised', ...intent });
  const captured = eventOf({ ...capturable, status: 'succeeded', amount_capturable: 0 });
  t.like(read(captured, { capture: 'at-settlement' }), { result: 'ignored' });
});
