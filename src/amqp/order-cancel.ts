import type { Log } from '../domain/log.js';
import type { OrderStatus } from '../domain/order.js';
import type { Handler } from './consumer.js';
import { parseCancelMessage } from './messages.js';

/**
 * A cancel message of the legacy TTL queues: the order's workflow is asked, and the message itself releases nothing.
 * An order that is settled is left alone.
 */
export function createOrderCancelHandler(deps: {
  readonly requestCancel: (orderId: string) => Promise<OrderStatus | 'requested' | 'unknown'>;
  readonly log: Log;
}): Handler {
  return async ({ content }) => {
    const parsed = parseCancelMessage(content);
    if (!parsed.ok) return { kind: 'park', reason: parsed.reason };
    const { order_id: orderId, reason } = parsed.message;
    const status = await deps.requestCancel(orderId);
    if (status === 'unknown') return { kind: 'park', reason: `order_id: no checkout has the id ${orderId}` };
    deps.log.info({ orderId, status, reason }, saidOf(status));
    return { kind: 'ack' };
  };
}

function saidOf(status: OrderStatus | 'requested'): string {
  switch (status) {
    case 'paid':
      return 'legacy cancel for a paid order: left alone';
    case 'canceled':
      return 'legacy cancel for an order that is canceled already';
    default:
      return 'legacy cancel: the workflow was asked';
  }
}
