import type { ConsumeMessage } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

/** When so many different messages fail and none is handled, the cause is not in the messages. A rule of thumb. */
const MANY = 5;

export interface Circuit {
  readonly handled: () => void;
  /** @returns whether this error counts as an outage, in which no message loses an attempt */
  readonly failed: (message: ConsumeMessage, error: unknown) => boolean;
}

/**
 * The lists of errors name the known outages. This circuit finds the others: an unlisted error that fails one message
 * after another counts as an outage until a message is handled. Without the circuit, such an error would move every
 * message of the queue to the dead-letter queue.
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
