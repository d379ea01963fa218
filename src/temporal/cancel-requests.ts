import type { CancelReason, OrderStatus, OrderView } from '../domain/order.js';
import { createRecent } from '../domain/recent.js';
import type { OrderWorkflows } from './order-workflows.js';

export type CancelAnswer = OrderStatus | 'requested' | 'unknown';

/** Within this time a repeated request signals nothing. A rule of thumb. */
const RECENT_MS = 10_000;
/** Some 1 MB of keys. */
const REMEMBERED = 10_000;

/**
 * Requests an order's cancellation from the order's workflow. For a settled order the status is returned, and no
 * request is made. A request from a moment ago is not repeated, because each request is an event in the order's
 * history.
 *
 * @returns a function that throws {@link DomainError} `dependency-unavailable`
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
    // The workflow has closed. The status is usually final by now; `placed` means that the database lost the order's end.
    return (await deps.findOrder(orderId))?.status ?? 'unknown';
  };
}
