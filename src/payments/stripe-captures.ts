import type { Stripe } from 'stripe';
import type { CaptureOrder, CaptureOutcome, Captures, VoidOutcome } from '../domain/authorisation.js';
import { fromStripe, toStripe } from './stripe-currencies.js';
import { isFinal, translatedStripe } from './stripe-errors.js';

/**
 * Takes and releases money that Stripe has authorised. Stripe refuses what is done already, and may repeat its first answer
 * to a key although the call was done: after each error the payment intent is asked what became of it.
 */
export function createStripeCaptures(stripe: Stripe): Captures {
  async function settled(order: CaptureOrder, call: () => Promise<Stripe.PaymentIntent>): Promise<VoidOutcome> {
    const outcome = await call().then(
      (intent) => outcomeOf(intent),
      async (error) => {
        const now = outcomeOf(await stripe.paymentIntents.retrieve(order.paymentId));
        if (now !== undefined) return now;
        if (isFinal(error)) return { refused: `Stripe: ${error.message}` };
        throw error;
      },
    );
    if (outcome === undefined) throw new Error(`Stripe has neither captured nor released ${order.paymentId}`);
    return outcome;
  }

  return {
    async capture(order): Promise<CaptureOutcome> {
      const amount = toStripe(order.amount, order.currency);
      if (amount === undefined) return { refused: `Stripe cannot capture ${order.amount} ${order.currency}` };
      const once = { idempotencyKey: order.key };
      const outcome = await translated(
        settled(order, () => stripe.paymentIntents.capture(order.paymentId, { amount_to_capture: amount }, once)),
      );
      if (!('voided' in outcome)) return outcome;
      return { refused: `Stripe: the authorisation of ${order.paymentId} has ended` };
    },
    void: (order) =>
      translated(
        settled(order, () => stripe.paymentIntents.cancel(order.paymentId, {}, { idempotencyKey: order.key })),
      ),
  };
}

function outcomeOf({ status, amount_received: amount, currency }: Stripe.PaymentIntent): VoidOutcome | undefined {
  if (status === 'canceled') return { voided: true };
  if (status !== 'succeeded') return undefined;
  const captured = fromStripe(amount, currency.toUpperCase());
  if (captured === undefined) throw new Error(`Stripe says that ${amount} ${currency} was captured`);
  return { captured };
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translatedStripe(error);
  }
}
