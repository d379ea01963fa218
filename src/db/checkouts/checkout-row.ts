import type { RowDataPacket } from 'mysql2/promise';
import type { Checkout } from '../../domain/checkout.js';
import type { OrderLine } from '../../domain/order.js';

export const checkoutColumns =
  'order_id, user_id, items, amount, currency, read_token, traceparent, created_at, expires_at, payment_method';

export interface CheckoutRow extends RowDataPacket {
  readonly order_id: string;
  readonly user_id: number;
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
}

export const toCheckout = (row: CheckoutRow): Checkout => ({
  orderId: row.order_id,
  userId: row.user_id,
  items: JSON.parse(row.items) as OrderLine[],
  amount: row.amount,
  currency: row.currency,
  readToken: row.read_token,
  traceparent: row.traceparent,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.payment_method !== null && { paymentMethod: row.payment_method }),
});
