import type { Stripe } from 'stripe';
import type { CaptureAt } from '../domain/authorisation.js';
import type { AskedPayment, BegunReference, PaymentDesk } from '../domain/begun-payment.js';
import { foundEvent } from './found-event.js';
import { beginIntent, beginSession } from './stripe-begin.js';
import { toStripe } from './stripe-currencies.js';
import { isFinal, translatedStripe } from './stripe-errors.js';
import { readStripeEvent } from './stripe-events.js';
import { STRIPE } from './stripe-read.js';
import { inOurUnits, ofIntent, ofSession } from './stripe-states.js';

/**
 * Payments that begin at Stripe: a payment intent, whose client secret the shop's page uses with Stripe's script, or a
 * Checkout Session, which is a page of Stripe.
 */
export function createStripeDesk(stripe: Stripe, capture: CaptureAt): PaymentDesk {
  return {
    capture,
    begins: ['client-secret', 'page'],
    needsReturnUrl: true,
    async begin(order) {
      const amount = toStripe(order.amount, order.currency);
      if (amount === undefined) return { refused: `Stripe cannot take ${order.amount} ${order.currency}` };
      try {
        return await (order.as === 'page' ? beginSession : beginIntent)(stripe, order, amount);
      } catch (error) {
        if (isFinal(error)) return { refused: `Stripe: ${error.message}` };
        throw translatedStripe(error);
      }
    },
    ask: (begun) => translated(ask(stripe, begun)),
    close: (begun) => translated(close(stripe, begun)),
    async *list({ since, until }) {
      const created = { gte: seconds(since), lt: seconds(until) };
      const all = [
        asEvents(capture, stripe.paymentIntents.list({ created, limit: 100 })),
        asEvents(capture, stripe.checkout.sessions.list({ created, limit: 100, status: 'complete' })),
      ];
      try {
        for (const events of all) yield* events;
      } catch (error) {
        throw translatedStripe(error);
      }
    },
    async find(paymentId) {
      try {
        const intent = await stripe.paymentIntents.retrieve(paymentId);
        if (intent.status === 'requires_capture') return inOurUnits(intent.amount_capturable, intent.currency);
        return intent.status === 'succeeded' ? inOurUnits(intent.amount_received, intent.currency) : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw translatedStripe(error);
      }
    },
  };
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1_000);

async function ask(stripe: Stripe, begun: BegunReference): Promise<AskedPayment> {
  if (begun.as === 'client-secret') return ofIntent(await stripe.paymentIntents.retrieve(begun.reference), begun);
  const expanded = { expand: ['payment_intent'] };
  return ofSession(await stripe.checkout.sessions.retrieve(begun.reference, expanded), begun);
}

/** Stripe refuses to close what is paid or closed already: then its present state is the answer. */
async function close(stripe: Stripe, begun: BegunReference): Promise<AskedPayment> {
  try {
    if (begun.as === 'client-secret') return ofIntent(await stripe.paymentIntents.cancel(begun.reference), begun);
    await stripe.checkout.sessions.expire(begun.reference);
  } catch (error) {
    if (!isFinal(error)) throw error;
  }
  const now = await ask(stripe, begun);
  if (now.state === 'open') throw new Error(`Stripe does not close ${begun.reference}`);
  return now;
}

/** Reads what Stripe lists as the webhook reads its events, so that both take the same payments for ours. */
async function* asEvents(capture: CaptureAt, objects: AsyncIterable<Stripe.PaymentIntent | Stripe.Checkout.Session>) {
  for await (const object of objects) {
    const type = typeOf(object);
    if (type === undefined) continue;
    const event = readStripeEvent({ id: 'found', type, data: { object } }, capture);
    if ('result' in event) continue;
    const { byReference, begunId } = event;
    const isAuthorised = event.type === 'payment.authorised';
    yield foundEvent(STRIPE, event, { isAuthorised, ...(byReference && { byReference }), ...(begunId && { begunId }) });
  }
}

/** The event by which Stripe reports an object in this state. */
function typeOf(object: Stripe.PaymentIntent | Stripe.Checkout.Session): string | undefined {
  if (object.object === 'checkout.session') return 'checkout.session.completed';
  if (object.status === 'requires_capture') return 'payment_intent.amount_capturable_updated';
  return object.status === 'succeeded' ? 'payment_intent.succeeded' : undefined;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'resource_missing';

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translatedStripe(error);
  }
}
