import type { ConsumeMessage } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

/** As many different messages, none of which was handled meanwhile, are no fault of their own. */
const MANY = 5;

export interface Circuit {
  readonly handled: () => void;
  /** @returns whether this error is an outage: it meets every message, so that no message loses an attempt by it */
  readonly failed: (message: ConsumeMessage, error: unknown) => boolean;
}

/**
 * The net under the lists of errors: an error that no list has, and that meets one message after another, is an outage
 * until a message is handled again. Without it, one such error would park all that is in the queue.
 */
export function createCircuit({ queue, log }: { readonly queue: string; readonly log: Log }): Circuit {
  const failing = new Set<string>();
  return {
    handled() {
      if (failing.size === MANY) log.info({ queue }, 'messages are handled again');
      failing.clear();
    },
    failed(message, error) {
      if (failing.size === MANY) return true;
      failing.add(message.properties.messageId || `${message.fields.consumerTag} ${message.fields.deliveryTag}`);
      if (failing.size < MANY) return false;
      log.error({ queue, reason: messageOf(error) }, `${MANY} messages in a row failed: all wait, as in an outage`);
      return true;
    },
  };
}
