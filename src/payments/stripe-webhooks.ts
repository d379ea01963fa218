import type { Stripe } from 'stripe';
import type { WebhookReader } from '../domain/payment.js';
import { parseJson, refused } from './read-event.js';
import { jsonSchema } from './schemas.js';
import { readStripeEvent, STRIPE, stripeEvent } from './stripe-events.js';
import { stripeLibrary } from './stripe-library.js';

const HEADER = 'stripe-signature';

/**
 * Stripe's payment intents and Checkout Sessions, told by Stripe's own signature scheme, which its library checks with
 * its own tolerance.
 *
 * @param secrets the endpoint's `whsec_…`, several while one replaces another
 */
export function createStripeWebhooks({ secrets }: { readonly secrets: readonly string[] }): WebhookReader {
  const { webhooks } = stripeLibrary();
  return {
    name: STRIPE,
    path: '/webhooks/stripe',
    expects: {
      summary:
        "Tell of a payment, as Stripe's webhooks do. The order's id is in metadata.orderId of the payment intent or the Checkout Session, or in the session's client_reference_id",
      headers: [HEADER],
      body: jsonSchema(stripeEvent),
      refusesInvalid: false,
    },
    read(raw, header) {
      const signature = header(HEADER) ?? '';
      if (!secrets.some((secret) => isSigned(webhooks, raw, signature, secret))) throw refused();
      return readStripeEvent(jsonOrNothing(raw));
    },
  };
}

/** Stripe's library throws more than its own error for a header that is odd enough; none of it is a signature. */
function isSigned(webhooks: typeof Stripe.webhooks, raw: Buffer, header: string, secret: string): boolean {
  try {
    return webhooks.signature?.verifyHeader(raw, header, secret) === true;
  } catch {
    return false;
  }
}

/** What is no JSON is no event: it is told as one that cannot be read. */
function jsonOrNothing(raw: Buffer): unknown {
  try {
    return parseJson(raw);
  } catch {
    return undefined;
  }
}
