import type { LatePaymentInput, OrderStanding } from './contract.js';
import { showStanding } from './presentation.js';
import { settle } from './settle.js';

/**
 * A payment whose order's workflow has ended, or never was: it is settled by the same rule, and the money goes
 * back once if the order did not want it.
 */
export async function latePaymentWorkflow({ orderId, paymentId }: LatePaymentInput): Promise<OrderStanding> {
  const order = await settle(orderId, { kind: 'payment', paymentId });
  showStanding(order);
  return order;
}
