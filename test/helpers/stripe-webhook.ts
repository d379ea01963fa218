import { randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';

export const stripeSecret = 'whsec_stripeSignsTheTests';

interface Intent {
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
}

/** A snapshot event about a payment intent, also with the fields that the API ignores. */
export const stripeEvent = (
  type: string,
  { paymentId, orderId, amount, currency }: Intent,
  more: { readonly id?: string; readonly pending_webhooks?: number; readonly intent?: object } = {},
) => {
  const { id = `evt_${randomUUID()}`, pending_webhooks = 1, intent } = more;
  const amount_received = type === 'payment_intent.succeeded' ? amount : 0;
  const object = { object: 'payment_intent', id: paymentId, amount, amount_received, metadata: { orderId } };
  const data = { object: { ...object, currency: currency.toLowerCase(), ...intent } };
  return { id, object: 'event', api_version: '2026-01-01', livemode: false, pending_webhooks, type, data };
};

/** A snapshot event about a Checkout Session, by default a paid session. */
export const stripeSession = (
  type: string,
  { paymentId, orderId, amount, currency }: Intent,
  more: Readonly<Record<string, unknown>> = {},
) => {
  const object = {
    object: 'checkout.session',
    id: 'cs_test_1',
    payment_intent: paymentId,
    payment_status: 'paid',
    amount_total: amount,
    currency: currency.toLowerCase(),
    client_reference_id: null,
    metadata: { orderId },
    ...more,
  };
  return { id: `evt_${randomUUID()}`, object: 'event', livemode: false, pending_webhooks: 1, type, data: { object } };
};

export const stripeSignature = (payload: string, options: { secret?: string; at?: Date } = {}): string => {
  const { secret = stripeSecret, at = new Date() } = options;
  return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: Math.floor(at.getTime() / 1000) });
};

/** Signs and sends an event as Stripe does. */
export async function sendStripeEvent(shopUrl: string, event: object): Promise<Response> {
  const body = JSON.stringify(event);
  return await fetch(`${shopUrl}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': stripeSignature(body) },
    body,
  });
}
