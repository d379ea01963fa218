import type { Handler } from './delivery.js';
import type { CreateMessage } from './messages.js';
import { parseCreateMessage } from './messages.js';

/**
 * A new order: its workflow is started, and the message is done when the start was accepted. Nothing waits for the
 * workflow, so that no delivery is held.
 */
export function createOrderCreateHandler(deps: {
  /** Starting an order that was started before, or has ended, is no error. */
  readonly startOrder: (message: CreateMessage) => Promise<'started' | 'already-started'>;
}): Handler {
  return async ({ content }) => {
    const parsed = parseCreateMessage(content);
    if (!parsed.ok) return { kind: 'park', reason: parsed.reason };
    await deps.startOrder(parsed.message);
    return { kind: 'ack' };
  };
}
