import type { Checkout, CheckoutRequest } from '../../domain/checkout.js';
import { storedKey } from '../../domain/idempotency-key.js';
import { sumOf } from '../../domain/totals.js';
import { toColumns } from '../customer-columns.js';
import type { Transaction } from '../driver/transaction.js';
import type { NewEvent } from '../events/new-events.js';
import type { OpenPlaces } from './open-places.js';

/** A request that is reserved, and what is stored of it. */
export interface NewCheckout {
  readonly request: CheckoutRequest;
  readonly checkout: Checkout;
}

/** @param priced the lines and what they cost; the adjustments are added here */
export function newCheckout(
  request: CheckoutRequest,
  priced: Pick<Checkout, 'items' | 'amount' | 'currency'>,
  times: Pick<Checkout, 'createdAt' | 'expiresAt'>,
): Checkout {
  const { orderId, userId, readToken, traceparent, paymentMethod, adjustments = [], reference, metadata } = request;
  return {
    orderId,
    userId,
    readToken,
    traceparent,
    ...priced,
    amount: priced.amount + sumOf(adjustments),
    ...times,
    ...(paymentMethod !== undefined && { paymentMethod }),
    ...(adjustments.length > 0 && { adjustments }),
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
  };
}

export async function insertCheckouts(
  transaction: Transaction,
  reserved: readonly NewCheckout[],
  places: OpenPlaces['taken'],
): Promise<void> {
  await transaction.query(
    `INSERT INTO checkouts (order_id, user_id, customer, idempotency_key, fingerprint, items, amount, currency, read_token,
       traceparent, created_at, expires_at, open_place, payment_method, adjustments, reference, metadata) VALUES ?`,
    [
      reserved.map(({ request, checkout }) => [
        checkout.orderId,
        toColumns(checkout.userId).user_id,
        toColumns(checkout.userId).customer,
        storedKey(request),
        request.fingerprint,
        JSON.stringify(checkout.items),
        checkout.amount,
        checkout.currency,
        checkout.readToken,
        checkout.traceparent,
        checkout.createdAt,
        checkout.expiresAt,
        places.get(checkout.orderId) ?? null,
        checkout.paymentMethod ?? null,
        checkout.adjustments === undefined ? null : JSON.stringify(checkout.adjustments),
        checkout.reference ?? null,
        checkout.metadata === undefined ? null : JSON.stringify(checkout.metadata),
      ]),
    ],
  );
}

/** The first event of the order. No other transaction knows the order before the commit, so its number needs no lock. */
export const placedEvent = ({ orderId, createdAt, expiresAt }: Checkout): NewEvent => ({
  type: 'order.placed',
  ofOrder: { orderId, sequence: 1 },
  data: { state: { status: 'placed', expiresAt } },
  occurredAt: createdAt,
});
