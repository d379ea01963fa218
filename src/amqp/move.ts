import type { ConsumeMessage } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { deadLetter, type Publish, putBack } from './dead-letter.js';
import { historyOf } from './history.js';

/** What is published before the ack: `retry` and `put-back` publish a copy to the end of the message's own queue. */
export type Move =
  | { readonly kind: 'ack' }
  | { readonly kind: 'put-back' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'park'; readonly reason: string };

/**
 * Publishes the copy of a move, and waits for its confirm no longer than `withinMs` milliseconds.
 *
 * @returns whether the delivery may be acked now. `false` is logged once for each delivery. The log line is an error
 *   when a person has to act, such as for a missing binding
 */
export function createMove(options: {
  readonly queue: string;
  readonly publish: Publish;
  readonly log: Log;
}): (message: ConsumeMessage, move: Move, withinMs: number) => Promise<boolean> {
  const { queue, log } = options;
  const logged = new WeakSet<ConsumeMessage>();

  async function carryOut(publish: Publish, message: ConsumeMessage, move: Move): Promise<void> {
    switch (move.kind) {
      case 'ack':
        return;
      case 'put-back':
        return await putBack(publish, queue, message, historyOf(message));
      case 'retry':
        return await putBack(publish, queue, message, historyOf(message, move.reason));
      case 'park': {
        await deadLetter(publish, queue, message, historyOf(message, move.reason));
        const { messageId } = message.properties;
        log.error({ queue, messageId, reason: move.reason }, 'moved to the dead-letter queue');
      }
    }
  }

  return async (message, move, withinMs) => {
    try {
      await carryOut((copy) => options.publish(copy, withinMs), message, move);
      return true;
    } catch (error) {
      const level = logged.has(message) ? 'debug' : isUnavailable(error) ? 'warn' : 'error';
      logged.add(message);
      const { messageId } = message.properties;
      log[level]({ queue, messageId, reason: messageOf(error) }, 'message not moved: held, will be tried again');
      return false;
    }
  };
}
