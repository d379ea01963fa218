import type { CancelReason, OrderStatus, OrderView } from '../domain/order.js';
import type { OrderWorkflows } from './order-workflows.js';

export type CancelAnswer = OrderStatus | 'requested' | 'unknown';

/**
 * Asks for an order's cancellation, by its workflow: an order that is settled is left alone and its status told.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export function createCancelRequests(deps: {
  readonly workflows: OrderWorkflows;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
}): (orderId: string, reason: CancelReason) => Promise<CancelAnswer> {
  return async (orderId, reason) => {
    const order = await deps.findOrder(orderId);
    if (order === undefined) return 'unknown';
    if (order.status !== 'placed') return order.status;
    if ((await deps.workflows.requestCancel(order, { reason })) === 'requested') return 'requested';
    // It ended in between: what the database says now is final.
    return (await deps.findOrder(orderId))?.status ?? 'unknown';
  };
}
