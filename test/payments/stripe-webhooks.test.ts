import test from 'ava';
import { createStripeWebhooks } from '../../src/payments/stripe-webhooks.js';
import { stripeEvent, stripeSecret, stripeSignature } from '../helpers/stripe-webhook.js';

/** Who is believed, and what is read, when Stripe tells. */

const intent = { paymentId: 'pi_1', orderId: 'order-1', amount: 1250, currency: 'EUR' };
const succeeded = stripeEvent('payment_intent.succeeded', intent, { id: 'evt_1' });

function read(
  event: unknown,
  options: { signature?: string | undefined; secrets?: string[]; by?: string; at?: Date } = {},
) {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  const { by = stripeSecret, at = new Date(), secrets = [stripeSecret] } = options;
  const signature = 'signature' in options ? options.signature : stripeSignature(text, { secret: by, at });
  return createStripeWebhooks({ secrets }).read(Buffer.from(text), (name) =>
    name === 'stripe-signature' ? signature : undefined,
  );
}

const refused = { name: 'DomainError', code: 'signature-refused' } as const;
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

test('a payment intent that succeeded is a payment, in our words', (t) => {
  const { bodySha256, ...told } = read(succeeded) as Exclude<ReturnType<typeof read>, 'ignored'>;
  t.is(bodySha256.length, 32);
  t.deepEqual(told, { provider: 'stripe', eventId: 'evt_1', type: 'payment.succeeded', ...intent });
});

test('what counts is what came in', (t) => {
  const event = stripeEvent('payment_intent.succeeded', intent, { intent: { amount_received: 1000 } });
  t.like(read(event), { amount: 1000 });
});

test('a payment intent that failed is a failed payment', (t) => {
  t.like(read(stripeEvent('payment_intent.payment_failed', intent)), { type: 'payment.failed', ...intent });
});

test('every other type is ignored', (t) => {
  for (const type of ['payment_intent.created', 'v1.payment_intent.succeeded', 'charge.refunded', 'constructor', '']) {
    t.is(read({ id: 'evt_2', object: 'event', type, data: {} }), 'ignored');
  }
});

test('the same event sent again is the same, though its body is not; with another amount it is another', (t) => {
  const digest = (event: object) => (read(event) as { bodySha256: Buffer }).bodySha256.toString('hex');
  t.is(digest(succeeded), digest({ ...succeeded, pending_webhooks: 3 }));
  const dearer = stripeEvent('payment_intent.succeeded', { ...intent, amount: 1251 }, { id: 'evt_1' });
  t.not(digest(succeeded), digest(dearer));
});

test('a foreign secret, a missing signature and nonsense are refused', (t) => {
  t.throws(() => read(succeeded, { by: 'whsec_foreign' }), refused);
  for (const signature of [undefined, '', 'nonsense', 't=1', 't=x,v1=y', 't=1,v1', `${stripeSignature('{}')}`]) {
    t.throws(() => read(succeeded, { signature }), refused, String(signature));
  }
  t.throws(() => read(succeeded, { secrets: [] }), refused);
});

test('while one secret replaces another, both are believed', (t) => {
  const secrets = ['whsec_newer', stripeSecret];
  for (const by of secrets) t.like(read(succeeded, { by, secrets }), { eventId: 'evt_1' });
  t.throws(() => read(succeeded, { by: 'whsec_foreign', secrets }), refused);
  t.throws(() => read(succeeded, { secrets: ['whsec_newer'] }), refused);
});

test("a signature is believed for as long as Stripe's library says, and no longer", (t) => {
  t.like(read(succeeded, { at: ago(290) }), { eventId: 'evt_1' });
  t.throws(() => read(succeeded, { at: ago(310) }), refused);
});

test('a body with one byte changed is refused, whichever it is', (t) => {
  const text = JSON.stringify(succeeded);
  const signature = stripeSignature(text);
  for (let index = 0; index < text.length; index++) {
    const changed = Buffer.from(text);
    changed[index] = (changed[index] ?? 0) ^ 1;
    t.throws(() => read(changed.toString('latin1'), { signature }), refused, `byte ${index}`);
  }
});

const wrong: readonly (readonly [what: string, event: unknown, field: string])[] = [
  ['what is not JSON', 'event', ''],
  ['null', 'null', ''],
  ['nothing', '', ''],
  ['an event without an id', { ...succeeded, id: undefined }, 'id'],
  ['an event without data', { ...succeeded, data: undefined }, 'data'],
  ...Object.entries({
    id: ['', 'x'.repeat(201)],
    amount_received: [12.5, -1, '1250'],
    currency: ['euro', 7],
    metadata: [undefined],
  }).flatMap(([field, values]) =>
    values.map((value) => {
      const event = stripeEvent('payment_intent.succeeded', intent, { intent: { [field]: value } });
      return [`${field} ${String(value).slice(0, 10)}`, event, `data.object.${field}`] as const;
    }),
  ),
  [
    'a payment intent that names no order',
    stripeEvent('payment_intent.succeeded', intent, { intent: { metadata: {} } }),
    'data.object.metadata.orderId',
  ],
];

for (const [what, event, field] of wrong) {
  test(`${what} is invalid, and the field is named`, (t) => {
    const failure = t.throws(() => read(event), { code: 'event-invalid' }) as unknown as {
      fields: { path: string[] }[];
    };
    t.deepEqual(
      failure.fields.map(({ path }) => path.join('.')),
      [field],
    );
  });
}
