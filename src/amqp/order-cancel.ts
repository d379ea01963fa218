import type { Log } from '../domain/log.js';
import type { OrderStatus } from '../domain/order.js';
import type { Handler } from './delivery.js';
import { noCheckout, parseCancelMessage } from './messages.js';

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
    if (status === 'unknown') return { kind: 'park', reason: noCheckout(orderId) };
    if (status === 'placed') return { kind: 'park', reason: 'the order is placed, and its workflow has ended' };
    deps.log.info({ orderId, status, reason }, said[status]);
    return { kind: 'ack' };
  };
}

const said = {
  paid: 'legacy cancel for a paid order: left alone',
  canceled: 'legacy cancel for an order that is canceled already',
  requested: 'legacy cancel: the workflow was asked',
} as const;
