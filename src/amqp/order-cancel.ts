import type { Log } from '../domain/log.js';
import type { OrderStatus } from '../domain/order.js';
import type { Handler } from './delivery.js';
import { type CancelMessage, noCheckout, notItsUser, parseCancelMessage } from './messages.js';

/** The order that a legacy cancel is compared with. */
export interface CancelableOrder {
  readonly userId: number;
  readonly status: OrderStatus;
  readonly expiresAt: Date;
}

/**
 * Handles a cancel message of the legacy TTL queues. After the order's deadline the message becomes a cancel request to
 * the order's workflow; the message itself releases no stock. The order's own deadline counts, not the thirty minutes
 * of the queue. Before the deadline the message is acked without effect, because the order's timer ends the window. A
 * settled order is not touched.
 */
export function createOrderCancelHandler(deps: {
  readonly findOrder: (orderId: string) => Promise<CancelableOrder | undefined>;
  readonly requestCancel: (orderId: string) => Promise<OrderStatus | 'requested' | 'unknown'>;
  readonly now: () => number;
  readonly log: Log;
}): Handler {
  return async ({ content }) => {
    const parsed = parseCancelMessage(content);
    if (!parsed.ok) return { kind: 'park', reason: parsed.reason };
    const { order_id: orderId, reason } = parsed.message;
    const order = await deps.findOrder(orderId);
    if (order === undefined) return { kind: 'park', reason: noCheckout(orderId) };
    if (!namesUser(parsed.message, order)) return { kind: 'park', reason: notItsUser(orderId) };
    const status = isEarly(order, deps.now()) ? 'early' : await deps.requestCancel(orderId);
    if (status === 'unknown') return { kind: 'park', reason: noCheckout(orderId) };
    if (status === 'placed') return { kind: 'park', reason: 'the order is placed, and its workflow has ended' };
    deps.log.info({ orderId, status, reason }, logLine[status]);
    return { kind: 'ack' };
  };
}

const isEarly = ({ status, expiresAt }: CancelableOrder, now: number): boolean =>
  status === 'placed' && now < expiresAt.getTime();

/** The legacy service may leave out `user_id`. A number beyond 2^53 is a string here. */
const namesUser = ({ user_id: userId }: CancelMessage, order: CancelableOrder): boolean =>
  userId === undefined || userId === null || String(userId) === String(order.userId);

const logLine = {
  paid: 'legacy cancel for a paid order: left alone',
  canceled: 'legacy cancel for an order that is canceled already',
  requested: 'legacy cancel: the workflow was asked',
  early: 'legacy cancel before the deadline of the order: left to its timer',
} as const;
