import type { Handler } from './delivery.js';
import type { CreateMessage } from './messages.js';
import { noCheckout, parseCreateMessage } from './messages.js';

/**
 * Handles a new order: starts its workflow, and acks the message when Temporal has accepted the start. The handler does
 * not wait for the workflow's end, so no delivery is held.
 */
export function createOrderCreateHandler(deps: {
  /** Whether a checkout reserved the order. Without a checkout there is nothing to record, and a person has to look. */
  readonly isKnown: (orderId: string) => Promise<boolean>;
  /** A second start is no error, also when the order has ended. */
  readonly startOrder: (message: CreateMessage) => Promise<'started' | 'already-started'>;
}): Handler {
  return async ({ content }) => {
    const parsed = parseCreateMessage(content);
    if (!parsed.ok) return { kind: 'park', reason: parsed.reason };
    const { order_id: orderId } = parsed.message;
    if (!(await deps.isKnown(orderId))) return { kind: 'park', reason: noCheckout(orderId) };
    await deps.startOrder(parsed.message);
    return { kind: 'ack' };
  };
}
