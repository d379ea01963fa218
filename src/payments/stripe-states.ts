import type { Stripe } from 'stripe';
import type { AskedPayment, BegunReference } from '../domain/begun-payment.js';
import { foundEvent } from './found-event.js';
import { pageOf, secretOf } from './stripe-begin.js';
import { fromStripe } from './stripe-currencies.js';
import { STRIPE } from './stripe-read.js';

/** Where a payment stands, as Stripe's objects say. */

export function ofIntent(intent: Stripe.PaymentIntent, begun: BegunReference): AskedPayment {
  switch (intent.status) {
    case 'succeeded':
      return paid(begun, intent.id, intent.amount_received, intent.currency);
    case 'requires_capture':
      return authorised(begun, intent);
    case 'canceled':
      return { state: 'closed' };
    case 'processing':
      return { state: 'processing', handle: secretOf(intent) };
    default:
      return { state: 'open', handle: secretOf(intent) };
  }
}

/** A session that is complete and not paid waits for a bank. When the bank refuses, the session cannot be paid again. */
export function ofSession(session: Stripe.Checkout.Session, begun: BegunReference): AskedPayment {
  const { status, payment_status: payment, payment_intent: intent } = session;
  if (status === 'expired') return { state: 'closed' };
  if (status !== 'complete') return { state: 'open', handle: pageOf(session) };
  if (intent === null || typeof intent === 'string') return { state: 'processing', handle: {} };
  if (payment === 'paid') return paid(begun, intent.id, session.amount_total ?? 0, session.currency ?? '');
  if (intent.status === 'requires_capture') return authorised(begun, intent);
  const isOver = intent.status === 'canceled' || intent.status === 'requires_payment_method';
  return isOver ? { state: 'closed' } : { state: 'processing', handle: {} };
}

const authorised = (
  begun: BegunReference,
  { id, amount_capturable: amount, currency }: Stripe.PaymentIntent,
): AskedPayment => paid(begun, id, amount, currency, true);

function paid(
  { orderId, begunId }: BegunReference,
  paymentId: string,
  amount: number,
  currency: string,
  isAuthorised = false,
): AskedPayment {
  const money = inOurUnits(amount, currency);
  if (money === undefined) throw new Error(`Stripe says ${amount} ${currency} of ${paymentId}`);
  return { state: 'paid', event: foundEvent(STRIPE, { paymentId, orderId, ...money }, { begunId, isAuthorised }) };
}

export function inOurUnits(amount: number, currency: string): { amount: number; currency: string } | undefined {
  const iso = currency.toUpperCase();
  const ours = fromStripe(amount, iso);
  return ours === undefined ? undefined : { amount: ours, currency: iso };
}
