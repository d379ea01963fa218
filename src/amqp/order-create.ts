import type { Handler } from './delivery.js';
import type { CreateMessage } from './messages.js';
import { noCheckout, parseCreateMessage } from './messages.js';

/**
 * A new order: its workflow is started, and the message is done when the start was accepted. Nothing waits for the
 * workflow, so that no delivery is held.
 */
export function createOrderCreateHandler(deps: {
  /** Whether a checkout reserved it: without one there is nothing to record, and a person has to look. */
  readonly isKnown: (orderId: string) => Promise<boolean>;
  /** Starting an order that was started before, or has ended, is no error. */
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
