import { createHash } from 'node:crypto';
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { PaymentEvent, PaymentEventType, WebhookReader } from '../domain/payment.js';
import { parseJson, refused, validated } from './read-event.js';
import { amount, eventId, eventType, jsonSchema, orderId, paymentId } from './schemas.js';
import { stripeLibrary } from './stripe-library.js';

export const STRIPE = 'stripe';

const HEADER = 'stripe-signature';

const types = new Map<string, PaymentEventType>([
  ['payment_intent.succeeded', 'payment.succeeded'],
  ['payment_intent.payment_failed', 'payment.failed'],
]);

const event = z.object({
  id: eventId,
  type: z.enum([...types.keys()]),
  data: z.object({
    object: z.object({
      id: paymentId,
      amount,
      amount_received: amount,
      currency: z.string().regex(/^[A-Za-z]{3}$/, { error: 'expected an ISO 4217 code' }),
      metadata: z.object({ orderId }),
    }),
  }),
});

/**
 * Stripe's payment intents, told by Stripe's own signature scheme, which its library checks with its own tolerance.
 *
 * @param secrets the endpoint's `whsec_…`, several while one replaces another
 */
export function createStripeWebhooks({ secrets }: { readonly secrets: readonly string[] }): WebhookReader {
  const { webhooks } = stripeLibrary();
  return {
    name: STRIPE,
    path: '/webhooks/stripe',
    expects: {
      summary: "Tell of a payment, as Stripe's webhooks do; the order's id is in the payment intent's metadata.orderId",
      headers: [HEADER],
      body: jsonSchema(event),
    },
    read(raw, header) {
      const signature = header(HEADER) ?? '';
      if (!secrets.some((secret) => isSigned(webhooks, raw, signature, secret))) throw refused();
      return readEvent(parseJson(raw));
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

function readEvent(body: unknown): PaymentEvent | 'ignored' {
  const type = types.get(validated(eventType, body).type);
  if (type === undefined) return 'ignored';
  const { id, data } = validated(event, body);
  const intent = data.object;
  const told = {
    type,
    paymentId: intent.id,
    orderId: intent.metadata.orderId,
    // What came in can be less than what was asked for.
    amount: type === 'payment.succeeded' ? intent.amount_received : intent.amount,
    currency: intent.currency.toUpperCase(),
  };
  // Not of the body: Stripe sends the same event again with another `pending_webhooks`.
  const bodySha256 = createHash('sha256').update(JSON.stringify(told)).digest();
  return { provider: STRIPE, eventId: id, ...told, bodySha256 };
}
