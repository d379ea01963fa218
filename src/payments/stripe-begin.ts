import type { Stripe } from 'stripe';
import type { BeginOrder, BeginOutcome } from '../domain/begun-payment.js';

/** How a payment begins at Stripe. Our ids are in its metadata, so that its events name the order and the row. */

const metadataOf = ({ orderId, begunId }: Pick<BeginOrder, 'orderId' | 'begunId'>) => ({ orderId, begunId });

/** Only payment methods that can be authorised first are then offered by Stripe. */
const captureOf = ({ capture }: BeginOrder) =>
  capture === 'at-settlement' ? { capture_method: 'manual' as const } : {};

export async function beginIntent(stripe: Stripe, order: BeginOrder, amount: number): Promise<BeginOutcome> {
  const { id, client_secret } = await stripe.paymentIntents.create(
    {
      amount,
      currency: order.currency.toLowerCase(),
      automatic_payment_methods: { enabled: true },
      ...captureOf(order),
      metadata: metadataOf(order),
    },
    onceBy(order),
  );
  return { reference: id, handle: secretOf({ client_secret }) };
}

export async function beginSession(stripe: Stripe, order: BeginOrder, amount: number): Promise<BeginOutcome> {
  const { id, url } = await stripe.checkout.sessions.create(
    {
      mode: 'payment',
      line_items: [
        {
          quantity: 1,
          price_data: {
            currency: order.currency.toLowerCase(),
            unit_amount: amount,
            product_data: { name: `Order ${order.orderId}` },
          },
        },
      ],
      client_reference_id: order.orderId,
      metadata: metadataOf(order),
      // The events of the session's payment intent have the metadata of the intent.
      payment_intent_data: { metadata: metadataOf(order), ...captureOf(order) },
      ...(order.returnUrl !== null && { success_url: order.returnUrl }),
      ...(order.cancelUrl !== null && { cancel_url: order.cancelUrl }),
    },
    onceBy(order),
  );
  return { reference: id, handle: pageOf({ url }) };
}

/** Stripe answers 409 while another process asks under the same key: the library then asks again. */
const onceBy = ({ key }: BeginOrder) => ({ idempotencyKey: key, maxNetworkRetries: 2 });

export const secretOf = ({ client_secret: clientSecret }: Pick<Stripe.PaymentIntent, 'client_secret'>) =>
  clientSecret === null ? {} : { clientSecret };
export const pageOf = ({ url }: Pick<Stripe.Checkout.Session, 'url'>) => (url === null ? {} : { url });
