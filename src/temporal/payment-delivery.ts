import type { OrderView } from '../domain/order.js';
import type { PaymentStatus } from '../domain/settlement.js';
import type { OrderWorkflows } from './order-workflows.js';
import { type DeliverablePayment, standingAfter } from './standing.js';

/**
 * May be repeated at any time.
 *
 * @returns whether the workflow of the order has a report of the order's end now
 * @throws {DomainError} `dependency-unavailable`
 */
export type DeliverPayment = (payment: DeliverablePayment) => Promise<boolean>;

/** An end that is older was reported, or a sweep reports it. Temporal keeps a closed workflow for a day at least. */
const FRESH_MS = 10 * 60_000;

/**
 * Reports a stored payment to Temporal. The database has usually decided the payment already.
 *
 * - A payment that pays its order, and a payment for an order that is placed, is signaled to the workflow of the order,
 *   also where the message of the order is not handled yet.
 * - A payment that goes back after the order's end gets a workflow of its own.
 */
export function createPaymentDelivery(deps: {
  readonly workflows: OrderWorkflows;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
}): DeliverPayment {
  const { workflows } = deps;
  return async (payment) => {
    const { paymentId, orderId, status } = payment;
    if (!delivered.has(status)) return false;
    const order = await deps.findOrder(orderId);
    if (order === undefined && status === 'refund_required') {
      await workflows.startRefund({ paymentId, orderId });
      return false;
    }
    if (status === 'accepted') {
      if (!order || !isFresh(order)) return false;
      await workflows.reportPayment(order, { paymentId, ...standingAfter(order, payment) });
      return true;
    }
    const signaled =
      order?.status === 'placed'
        ? await workflows.reportPayment(order, { paymentId, ...standingAfter(order, payment) })
        : 'ended';
    if (signaled === 'ended') await workflows.startLatePayment({ paymentId, orderId, userId: order?.userId });
    return false;
  };
}

const delivered: ReadonlySet<PaymentStatus> = new Set(['received', 'accepted', 'refund_required']);

export const isFresh = ({ settledAt }: OrderView): boolean =>
  settledAt === null || Date.now() - settledAt.getTime() < FRESH_MS;
