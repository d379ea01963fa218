import type { Stripe } from 'stripe';
import { unavailable } from '../domain/errors.js';
import type { PaymentProvider, RefundOrder } from '../domain/payment.js';
import { stripeLibrary } from './stripe-library.js';
import { STRIPE } from './stripe-webhooks.js';

const TIMEOUT_MS = 10_000;

/**
 * Refunds by Stripe's own library. A refund is of the whole payment, so that Stripe refuses a second one even when it
 * has forgotten our key, which it may after a day.
 *
 * @param url Stripe's API, or a proxy or test server that speaks it
 */
export function createStripeProvider(options: { readonly secretKey: string; readonly url: string }): PaymentProvider {
  const { protocol, hostname, port } = new URL(options.url);
  const http = protocol === 'http:';
  const stripe = new (stripeLibrary())(options.secretKey, {
    protocol: http ? 'http' : 'https',
    host: hostname,
    port: port || (http ? 80 : 443),
    timeout: TIMEOUT_MS,
    // The workflow tries again, and shows that it does.
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return {
    name: STRIPE,
    async refund(order) {
      try {
        return { refundId: await refund(stripe, order) };
      } catch (error) {
        throw unavailable('Stripe', error);
      }
    },
  };
}

async function refund(stripe: Stripe, { key, paymentId, amount, reason }: RefundOrder): Promise<string> {
  try {
    const made = await stripe.refunds.create(
      // Stripe's own `reason` is one of three words that mean other things.
      { payment_intent: paymentId, amount, metadata: { reason, key } },
      { idempotencyKey: key },
    );
    return gone(made);
  } catch (error) {
    if (!(error instanceof stripeLibrary().errors.StripeError && error.code === 'charge_already_refunded')) throw error;
    return await earlier(stripe, paymentId);
  }
}

/** The money went back before: by a try whose answer was lost, or by a person in Stripe's dashboard. */
async function earlier(stripe: Stripe, paymentId: string): Promise<string> {
  const { data } = await stripe.refunds.list({ payment_intent: paymentId, limit: 100 });
  const [found] = data.filter(({ status }) => !isLost(status));
  if (found === undefined) throw new Error(`${paymentId} is said to be refunded, and Stripe lists no refund of it`);
  return gone(found);
}

function gone({ id, status }: { readonly id: string; readonly status: string | null }): string {
  if (isLost(status)) throw new Error(`its refund ${id} is ${status}`);
  return id;
}

const isLost = (status: string | null): boolean => status === 'failed' || status === 'canceled';
