import { randomUUID } from 'node:crypto';
import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { requestRefund } from '../../src/db/refunds/request-refund.js';
import type { Checkout, CheckoutRequest } from '../../src/domain/checkout.js';
import type { AskedRefund, OrderRefund } from '../../src/domain/order-refund.js';
import { payFor } from '../db/payment-events.js';
import { placeOrder } from './database.js';

/** A refund as the operators' route asks for it, under a key of its own. */
export const askedRefund = (orderId: string, overrides: Partial<AskedRefund> = {}): AskedRefund => ({
  orderId,
  restock: false,
  reason: null,
  by: 'ada',
  idempotencyKey: randomUUID(),
  ...overrides,
});

/** An order that its payment has paid. */
export async function paidOrder(
  pool: Pool,
  overrides: Partial<CheckoutRequest> = {},
): Promise<Checkout & { readonly paymentId: string }> {
  const checkout = await placeOrder(pool, overrides);
  const paymentId = await payFor(pool, checkout);
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  return { ...checkout, paymentId };
}

/** @throws when the refund is refused */
export async function refundOf(
  pool: Pool,
  orderId: string,
  overrides: Partial<AskedRefund> = {},
): Promise<OrderRefund> {
  const result = await requestRefund(pool, askedRefund(orderId, overrides));
  if (result.kind !== 'refund') throw new Error(`not refunded: ${JSON.stringify(result)}`);
  return result.refund;
}
