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
 * Brings a stored payment to the workflow that will decide on it: the order's own while that runs, one of the
 * payment's own when the order's has ended. May be called again at any time: the database decides a payment once.
 *
 * @throws {DomainError} `dependency-unavailable`; the sweep then delivers it later
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
