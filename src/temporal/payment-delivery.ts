import type { Order, OrderView } from '../domain/order.js';
import type { PaymentStatus } from '../domain/settlement.js';
import type { OrderWorkflows } from './order-workflows.js';

export interface DeliverablePayment {
  readonly paymentId: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
}

export type DeliverPayment = (payment: DeliverablePayment) => Promise<void>;

/**
 * Delivers a stored payment to the workflow that settles it: to the order's workflow while it runs, and to a workflow
 * of the payment's own after the order's end. For a payment that must go back, a refund workflow starts. It may run
 * beside the order's workflow, and the refund key makes both one refund. The delivery may be repeated at any time: the
 * database decides a payment once.
 *
 * @returns a function that throws {@link DomainError} `dependency-unavailable`; the sweep then delivers the payment
 *   later
 */
export function createPaymentDelivery(deps: {
  readonly workflows: OrderWorkflows;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
}): DeliverPayment {
  const { workflows } = deps;
  return async (payment) => {
    const { paymentId, orderId, status } = payment;
    if (status === 'refund_required') return void (await workflows.startRefund({ paymentId, orderId }));
    if (status !== 'received') return;
    const order = await deps.findOrder(orderId);
    if (order === undefined || (await ended(order, paymentId))) {
      await workflows.startLatePayment({ paymentId, orderId, userId: order?.userId });
    }
  };

  async function ended(order: Order & { readonly status: string }, paymentId: string): Promise<boolean> {
    return order.status !== 'placed' || (await workflows.reportPayment(order, { paymentId })) === 'ended';
  }
}
