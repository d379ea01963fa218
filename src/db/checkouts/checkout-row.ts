import type { RowDataPacket } from 'mysql2/promise';
import type { Checkout } from '../../domain/checkout.js';
import type { OrderExtras, OrderLine } from '../../domain/order.js';
import type { Adjustment } from '../../domain/totals.js';
import { type CustomerColumns, fromColumns } from '../customer-columns.js';

export const checkoutColumns =
  'order_id, user_id, customer, items, amount, currency, read_token, traceparent, created_at, expires_at, payment_method, adjustments, reference, metadata';

export interface CheckoutRow extends RowDataPacket, CustomerColumns {
  readonly order_id: string;
  readonly idempotency_key: string;
  readonly fingerprint: Buffer;
  readonly items: string;
  readonly amount: number;
  readonly currency: string;
  readonly read_token: string;
  readonly traceparent: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly payment_method: string | null;
  readonly adjustments: string | null;
  readonly reference: string | null;
  readonly metadata: string | null;
}

export const toCheckout = (row: CheckoutRow): Checkout => ({
  orderId: row.order_id,
  userId: fromColumns(row),
  items: JSON.parse(row.items) as OrderLine[],
  amount: row.amount,
  currency: row.currency,
  readToken: row.read_token,
  traceparent: row.traceparent,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.payment_method !== null && { paymentMethod: row.payment_method }),
  ...extrasOf(row),
});

/** Without a field that the order does not have. */
const extrasOf = ({ adjustments, reference, metadata }: CheckoutRow): OrderExtras => ({
  ...(adjustments !== null && { adjustments: JSON.parse(adjustments) as Adjustment[] }),
  ...(reference !== null && { reference }),
  ...(metadata !== null && { metadata: JSON.parse(metadata) as Record<string, string> }),
});
