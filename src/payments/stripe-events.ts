import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CaptureAt } from '../domain/authorisation.js';
import type { NotOurs, PaymentEvent, PaymentEventType } from '../domain/payment.js';
import { amount, paymentId } from './schemas.js';
import { envelope, inOurUnits, orderIdIn, STRIPE, unreadable } from './stripe-read.js';
import { stripeReportExamples, stripeReportObjects } from './stripe-reports.js';

const currency = z.string().regex(/^[A-Za-z]{3}$/, { error: 'expected an ISO 4217 code' });
const metadata = z.object({ orderId: z.string().optional() }).nullish();

const intent = z.object({
  id: paymentId,
  amount,
  amount_received: amount,
  amount_capturable: amount.default(0),
  currency,
  metadata,
});
const session = z.object({
  payment_intent: paymentId,
  amount_total: amount,
  currency,
  metadata,
  client_reference_id: z.string().nullish(),
});

/** For the API's description: the fields of Stripe's events that the reader uses. */
export const stripeEvent = envelope.extend({
  data: z.object({ object: z.union([intent, session, ...stripeReportObjects]) }),
});

const order = { metadata: { orderId: '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10' }, currency: 'eur' };

export const stripeExamples: Readonly<Record<string, z.input<typeof stripeEvent>>> = {
  'payment intent': {
    id: 'evt_1QxA',
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi_3QxA', amount: 2500, amount_received: 2500, ...order } },
  },
  'Checkout Session': {
    id: 'evt_1QxB',
    type: 'checkout.session.completed',
    data: { object: { payment_intent: 'pi_3QxB', amount_total: 2500, ...order } },
  },
  ...stripeReportExamples,
};

type Money = Pick<PaymentEvent, 'paymentId' | 'amount' | 'currency'>;

interface Kind {
  readonly type: PaymentEventType;
  /** @throws {z.ZodError} when the object has not the form of Stripe's documentation */
  readonly money: (object: object) => Money;
  /** Whether a session's payment has succeeded or failed, or an intent waits for its capture. Others are ignored. */
  readonly isDecided?: (object: { readonly payment_status?: unknown; readonly status?: unknown }) => boolean;
}

const ofIntent = (part: 'amount' | 'amount_received' | 'amount_capturable') => (object: object) => {
  const read = intent.parse(object);
  return { paymentId: read.id, amount: read[part], currency: read.currency };
};

/** A session and its payment intent report the same payment, so the payment's id is the payment intent's. */
function ofSession(object: object): Money {
  const read = session.parse(object);
  return { paymentId: read.payment_intent, amount: read.amount_total, currency: read.currency };
}

const kinds = new Map<string, Kind>([
  // `amount_received` can be less than the amount that was asked for.
  ['payment_intent.succeeded', { type: 'payment.succeeded', money: ofIntent('amount_received') }],
  [
    'payment_intent.amount_capturable_updated',
    {
      type: 'payment.authorised',
      money: ofIntent('amount_capturable'),
      isDecided: ({ status }) => status === 'requires_capture',
    },
  ],
  ['payment_intent.processing', { type: 'payment.processing', money: ofIntent('amount') }],
  ['payment_intent.payment_failed', { type: 'payment.failed', money: ofIntent('amount') }],
  [
    'checkout.session.completed',
    {
      type: 'payment.succeeded',
      money: ofSession,
      // After `unpaid` Stripe sends one of the two events below, or for a payment that is captured by hand an event of
      // its payment intent. `no_payment_required` is a session without a payment.
      isDecided: ({ payment_status: status }) => status !== 'unpaid' && status !== 'no_payment_required',
    },
  ],
  ['checkout.session.async_payment_succeeded', { type: 'payment.succeeded', money: ofSession }],
  ['checkout.session.async_payment_failed', { type: 'payment.failed', money: ofSession }],
]);

/**
 * Reads a signed event. A payment that names no order belongs to another program on the same account (`foreign`). A
 * payment that names an order with an invalid id is stored under this id. The function returns no error to Stripe for
 * any event: after many errors Stripe would disable the endpoint.
 *
 * @param capture with `at-settlement` an authorisation counts also where the payment was not begun here
 */
export function readStripeEvent(body: unknown, capture: CaptureAt = 'at-once'): PaymentEvent | NotOurs {
  const read = envelope.safeParse(body);
  if (!read.success) return unreadable('unknown', body, read.error);
  const { id, type: stripeType, data } = read.data;
  const kind = kinds.get(stripeType);
  if (kind === undefined || kind.isDecided?.(data.object) === false) return { result: 'ignored', type: 'unknown' };
  const { type } = kind;
  const named = orderNamedIn(data.object);
  if (named === undefined) return { result: 'foreign', type };
  const { orderId, ...how } = named;
  // A shop that captures its own payments by hand must not find them captured.
  if (type === 'payment.authorised' && capture === 'at-once' && named.begunId === undefined) {
    return { result: 'ignored', type: 'unknown' };
  }
  try {
    const { paymentId, amount, currency } = inOurUnits(kind.money(data.object));
    const event = { type, paymentId, orderId, amount, currency };
    // Not a hash of the body: Stripe sends the same event again with another `pending_webhooks`.
    const bodySha256 = createHash('sha256').update(JSON.stringify(event)).digest();
    return { provider: STRIPE, eventId: id, ...event, ...how, bodySha256 };
  } catch (error) {
    if (error instanceof z.ZodError) return unreadable(type, body, error);
    throw error;
  }
}

/**
 * `client_reference_id` may be any id of the shop, also a UUID. So `byReference`: it counts only if a checkout has it.
 */
function orderNamedIn(object: object): Pick<PaymentEvent, 'orderId' | 'byReference' | 'begunId'> | undefined {
  const { metadata: named, client_reference_id: reference } = references.parse(object);
  const orderId = orderIdIn(named?.orderId);
  if (orderId !== undefined) {
    const begunId = z.uuid().safeParse(named?.begunId).data;
    return { orderId, ...(begunId !== undefined && { begunId }) };
  }
  const uuid = z.uuid().safeParse(reference?.trim().toLowerCase());
  return uuid.success ? { orderId: uuid.data, byReference: true } : undefined;
}

const references = z.object({
  metadata: z.object({ orderId: z.string().optional(), begunId: z.unknown().optional() }).nullish().catch(undefined),
  client_reference_id: z.string().nullish().catch(undefined),
});
