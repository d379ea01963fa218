import { z } from 'zod';
import { orderIdFrom } from '../domain/order-id.js';
import type { NotOurs } from '../domain/payment.js';
import { eventId } from './schemas.js';
import { fromStripe } from './stripe-currencies.js';

/** What the readers of Stripe's events share. */

export const STRIPE = 'stripe';

export const envelope = z.object({ id: eventId, type: z.string(), data: z.object({ object: z.looseObject({}) }) });

/** The length of the database's column. */
const LONGEST_ORDER_ID = 64;

/** The order that `metadata.orderId` names, as it is stored: an id that no order can have has no control characters either. */
export function orderIdIn(named: string | undefined): string | undefined {
  const text = named?.trim();
  return text ? orderIdFrom(text.replace(/[^\x21-\x7e]/g, '?').slice(0, LONGEST_ORDER_ID)) : undefined;
}

interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** @throws {z.ZodError} for an amount that is no whole number of minor units */
export function inOurUnits<M extends Money>(money: M): M {
  const iso = money.currency.toUpperCase();
  const ours = fromStripe(money.amount, iso);
  if (ours !== undefined) return { ...money, amount: ours, currency: iso };
  const message = `expected a whole number of minor units of ${iso}, and Stripe says ${money.amount}`;
  throw new z.ZodError([{ code: 'custom', path: ['amount'], message, input: money.amount }]);
}

export function unreadable(type: string, body: unknown, error: z.ZodError): NotOurs {
  const detail = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  const id = z.object({ id: eventId }).safeParse(body).data?.id ?? '';
  return { result: 'unreadable', type, eventId: id, detail };
}
