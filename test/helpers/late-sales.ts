import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { Checkout, CheckoutRequest } from '../../src/domain/checkout.js';
import { placeOrder, rows } from './database.js';

export const lateSales = { withinMs: 24 * 3_600_000 };

/** An order that its window has canceled. */
export async function expiredOrder(pool: Pool, overrides: Partial<CheckoutRequest> = {}): Promise<Checkout> {
  const checkout = await placeOrder(pool, { windowMs: -1_000, ...overrides });
  const { order } = await settleOrder(pool, checkout.orderId, { kind: 'expired' });
  if (order.status !== 'canceled') throw new Error(`order ${checkout.orderId} is ${order.status}`);
  return checkout;
}

/** The canceled orders with their successors, in the order of the successors' ids. */
export async function successors(
  pool: Pool,
): Promise<readonly { readonly orderId: string; readonly successorId: string; readonly paymentId: string }[]> {
  const found = await rows(
    pool,
    'SELECT order_id AS orderId, successor_id AS successorId, payment_id AS paymentId FROM late_sales ORDER BY successor_id',
  );
  return found as never;
}
