import type { Stripe } from 'stripe';
import type { CaptureAt } from '../domain/authorisation.js';
import type { WebhookReader } from '../domain/payment.js';
import { parseJson, refused } from './read-event.js';
import { jsonSchema } from './schemas.js';
import { readStripeEvent, stripeEvent, stripeExamples } from './stripe-events.js';
import { stripeLibrary } from './stripe-library.js';
import { STRIPE } from './stripe-read.js';
import { readStripeReport } from './stripe-reports.js';

const HEADER = 'stripe-signature';

/**
 * Webhooks of Stripe's payment intents and Checkout Sessions. Stripe's library verifies the signature and its age.
 *
 * @param options.secrets the endpoint's `whsec_…`; two during a rotation of the secret
 * @param options.capture with `at-settlement`, authorisations of payments that began elsewhere are taken too
 */
export function createStripeWebhooks({
  secrets,
  capture = 'at-once',
}: {
  readonly secrets: readonly string[];
  readonly capture?: CaptureAt;
}): WebhookReader {
  const { webhooks } = stripeLibrary();
  return {
    name: STRIPE,
    path: '/webhooks/stripe',
    expects: {
      summary: 'Report a payment, signed by Stripe',
      about: `The order's id is in \`metadata.orderId\` of the payment intent or of the Checkout Session, or in the
session's \`client_reference_id\`. An event that cannot be read is answered 204 as well.`,
      headers: [HEADER],
      body: jsonSchema(stripeEvent),
      examples: stripeExamples,
      refusesInvalid: false,
    },
    read(raw, header) {
      const signature = header(HEADER) ?? '';
      if (!secrets.some((secret) => isSigned(webhooks, raw, signature, secret))) throw refused();
      const body = jsonOrNothing(raw);
      return readStripeReport(body) ?? readStripeEvent(body, capture);
    },
  };
}

/** For an invalid header Stripe's library can throw errors that are not its own. Each of them is a wrong signature. */
function isSigned(webhooks: typeof Stripe.webhooks, raw: Buffer, header: string, secret: string): boolean {
  try {
    return webhooks.signature?.verifyHeader(raw, header, secret) === true;
  } catch {
    return false;
  }
}

/** `undefined` for a body that is not JSON, which is then an event that cannot be read. */
function jsonOrNothing(raw: Buffer): unknown {
  try {
    return parseJson(raw);
  } catch {
    return undefined;
  }
}
