import type { LatePaymentInput, OrderStanding } from './contract.js';
import { showStanding } from './presentation.js';
import { refund, settle } from './settle.js';

/**
 * A late payment's life: the workflow of its order has ended, or was lost. The payment is settled by the rule of every
 * payment. The money goes back once if the order does not accept the payment.
 */
export async function latePaymentWorkflow({ orderId, paymentId }: LatePaymentInput): Promise<OrderStanding> {
  const order = await settle(orderId, { kind: 'payment', paymentId });
  showStanding(order);
  if (order.refund !== null) await refund(order.refund);
  return order;
}
