import type { LatePaymentInput, OrderStanding } from './contract.js';
import { showStanding } from './presentation.js';
import { refund, settle } from './settle.js';

/**
 * A payment whose order's workflow has ended, or was lost: it is settled by the same rule, and the money goes back
 * once if the order did not want it.
 */
export async function latePaymentWorkflow({ orderId, paymentId }: LatePaymentInput): Promise<OrderStanding> {
  const order = await settle(orderId, { kind: 'payment', paymentId });
  showStanding(order);
  if (order.refund !== null) await refund(order.refund);
  return order;
}
