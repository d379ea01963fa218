import { createHash } from 'node:crypto';
import type { PaymentEvent } from '../domain/payment.js';

/**
 * The event of a payment that no webhook has reported, and that the provider lists as paid. The payment's own id makes the
 * event's id, so that two processes that find the payment store one event. A webhook that comes later is another event of
 * the same payment.
 */
export function foundEvent(
  provider: string,
  { paymentId, orderId, amount, currency }: Pick<PaymentEvent, 'paymentId' | 'orderId' | 'amount' | 'currency'>,
  more: Pick<PaymentEvent, 'begunId' | 'byReference'> = {},
): PaymentEvent {
  const event = { type: 'payment.succeeded' as const, paymentId, orderId, amount, currency };
  const bodySha256 = createHash('sha256').update(JSON.stringify(event)).digest();
  return { provider, eventId: `found:${paymentId}`, ...event, ...more, bodySha256 };
}
