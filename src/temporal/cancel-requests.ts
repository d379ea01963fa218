import type { CancelReason, OrderStatus, OrderView } from '../domain/order.js';
import { createRecent } from '../domain/recent.js';
import type { OrderWorkflows } from './order-workflows.js';

export type CancelAnswer = OrderStatus | 'requested' | 'unknown';

const RECENT_MS = 10_000;
const REMEMBERED = 10_000;

/**
 * Asks for an order's cancellation, by its workflow: an order that is settled is left alone and its status told.
 * A request that was made a moment ago is not made again: each is an event in the history of the order.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export function createCancelRequests(deps: {
  readonly workflows: OrderWorkflows;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
}): (orderId: string, reason: CancelReason) => Promise<CancelAnswer> {
  const recent = createRecent({ forMs: RECENT_MS, most: REMEMBERED, now: Date.now });
  return async (orderId, reason) => {
    const order = await deps.findOrder(orderId);
    if (order === undefined) return 'unknown';
    if (order.status !== 'placed') return order.status;
    const key = `${orderId} ${reason}`;
    if (recent.has(key)) return 'requested';
    if ((await deps.workflows.requestCancel(order, { reason })) === 'requested') {
      recent.add(key);
      return 'requested';
    }
    // It ended in between: what the database says now is final.
    return (await deps.findOrder(orderId))?.status ?? 'unknown';
  };
}
