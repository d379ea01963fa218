import type { Log } from '../domain/log.js';
import type { OrderStatus } from '../domain/order.js';
import type { Handler } from './delivery.js';
import { type CancelMessage, noCheckout, notItsUser, parseCancelMessage } from './messages.js';

/** What a legacy cancel is checked against. */
export interface CancelableOrder {
  readonly userId: number;
  readonly status: OrderStatus;
  readonly expiresAt: Date;
}

/**
 * A cancel message of the legacy TTL queues: past its deadline the order's workflow is asked, and the message itself
 * releases nothing. The order's own deadline decides, not the thirty minutes of the queue: before it the message is
 * done without effect, since the order's timer ends the window. An order that is settled is left alone.
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
    deps.log.info({ orderId, status, reason }, said[status]);
    return { kind: 'ack' };
  };
}

const isEarly = ({ status, expiresAt }: CancelableOrder, now: number): boolean =>
  status === 'placed' && now < expiresAt.getTime();

/** The legacy service may leave it out; a number beyond 2^53 is kept as text. */
const namesUser = ({ user_id: userId }: CancelMessage, order: CancelableOrder): boolean =>
  userId === undefined || userId === null || String(userId) === String(order.userId);

const said = {
  paid: 'legacy cancel for a paid order: left alone',
  canceled: 'legacy cancel for an order that is canceled already',
  requested: 'legacy cancel: the workflow was asked',
  early: 'legacy cancel before the deadline of the order: left to its timer',
} as const;
