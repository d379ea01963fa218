import { createHash } from 'node:crypto';
import type { Pool } from '../../src/db/driver/pool.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import type { Checkout } from '../../src/domain/checkout.js';
import type { PaymentEvent } from '../../src/domain/payment.js';

let last = 0;
const next = (what: string): string => `${what}-${++last}`;

/** A provider's event, as the webhook reader returns it. The digest depends on the fields. */
export function paymentEvent(overrides: Partial<PaymentEvent> = {}): PaymentEvent {
  const event = {
    provider: 'test',
    eventId: next('event'),
    type: 'payment.succeeded' as const,
    paymentId: next('pay'),
    orderId: 'nobody',
    amount: 1250,
    currency: 'EUR',
    ...overrides,
  };
  return { bodySha256: createHash('sha256').update(JSON.stringify(event)).digest(), ...event };
}

/** Stores a payment for this order, by default of the whole amount. @returns the payment's id */
export async function payFor(
  pool: Pool,
  checkout: Pick<Checkout, 'orderId' | 'amount' | 'currency'>,
  overrides: Partial<PaymentEvent> = {},
): Promise<string> {
  const { orderId, amount, currency } = checkout;
  const event = paymentEvent({ orderId, amount, currency, ...overrides });
  await storeEvent(pool, event);
  return event.paymentId;
}

/** Stores a payment for an unknown order that is to be refunded at once. @returns the payment's id */
export async function owe(pool: Pool, overrides: Partial<PaymentEvent> = {}): Promise<string> {
  const event = paymentEvent(overrides);
  await storeEvent(pool, event, 'refund');
  return event.paymentId;
}
