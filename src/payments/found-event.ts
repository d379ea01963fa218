import { createHash } from 'node:crypto';
import type { PaymentEvent } from '../domain/payment.js';

/**
 * The event of a payment that no webhook has reported, and that the provider lists as paid or authorised. The payment's
 * own id makes the event's id, so that two processes that find the payment store one event. A webhook that comes later is
 * another event of the same payment. A payment that is authorised has an event of its own: its capture is another one.
 */
export function foundEvent(
  provider: string,
  { paymentId, orderId, amount, currency }: Pick<PaymentEvent, 'paymentId' | 'orderId' | 'amount' | 'currency'>,
  {
    isAuthorised = false,
    ...more
  }: Pick<PaymentEvent, 'begunId' | 'byReference'> & { readonly isAuthorised?: boolean } = {},
): PaymentEvent {
  const type = isAuthorised ? ('payment.authorised' as const) : ('payment.succeeded' as const);
  const event = { type, paymentId, orderId, amount, currency };
  const bodySha256 = createHash('sha256').update(JSON.stringify(event)).digest();
  return { provider, eventId: `${isAuthorised ? 'authorised' : 'found'}:${paymentId}`, ...event, ...more, bodySha256 };
}
