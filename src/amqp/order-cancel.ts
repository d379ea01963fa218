import type { Customer } from '../domain/customer.js';
import type { Log } from '../domain/log.js';
import type { OrderStatus } from '../domain/order.js';
import type { Handler } from './delivery.js';
import { type CancelMessage, noCheckout, notItsUser, parseCancelMessage } from './messages.js';

/** The order that a legacy cancel is compared with. */
export interface CancelableOrder {
  readonly userId: Customer;
  readonly status: OrderStatus;
}

/**
 * Handles a cancel message of the legacy TTL queues: the order's settlement decides. Before the order's own deadline the
 * message has no effect, whatever the thirty minutes of the queue; the order's timer ends the window. A settled order is
 * not touched.
 */
export function createOrderCancelHandler(deps: {
  readonly findOrder: (orderId: string) => Promise<CancelableOrder | undefined>;
  /** Settles the order, and returns its status afterwards. */
  readonly cancel: (orderId: string) => Promise<OrderStatus>;
  /** Whether `orders forget` has overwritten the order: its customer is then that of a guest. */
  readonly isForgotten: (orderId: string) => Promise<boolean>;
  readonly log: Log;
}): Handler {
  return async ({ content }) => {
    const parsed = parseCancelMessage(content);
    if (!parsed.ok) return { kind: 'park', reason: parsed.reason };
    const { order_id: orderId, reason } = parsed.message;
    const order = await deps.findOrder(orderId);
    if (order === undefined) return { kind: 'park', reason: noCheckout(orderId) };
    if (!namesCustomer(parsed.message, order)) {
      // Parked, the message would keep the customer.
      if (order.status !== 'placed' && (await deps.isForgotten(orderId))) return { kind: 'ack' };
      return { kind: 'park', reason: notItsUser(orderId) };
    }
    const status = order.status === 'placed' ? await deps.cancel(orderId) : order.status;
    const isNew = order.status === 'placed' && status === 'canceled';
    deps.log.info({ orderId, status, reason }, isNew ? 'legacy cancel: the order is canceled' : logLine[status]);
    return { kind: 'ack' };
  };
}

/**
 * The legacy service may leave out `user_id`. Its `user_id` is an int64, which is 0 after it has read the message of a
 * guest. A number beyond 2^53 is a string here.
 */
function namesCustomer({ user_id: userId }: CancelMessage, order: CancelableOrder): boolean {
  if (userId === undefined || userId === null) return true;
  return order.userId === null ? userId === 0 : String(userId) === String(order.userId);
}

const logLine: Record<OrderStatus, string> = {
  placed: 'legacy cancel before the deadline of the order: left to its timer',
  paid: 'legacy cancel for a paid order: left alone',
  canceled: 'legacy cancel for an order that is canceled already',
};
