import type { ConsumeMessage } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { deadLetter, type Publish, putBack } from './dead-letter.js';
import { historyOf } from './history.js';

/** Where the message goes before its delivery is acked: `retry` and `put-back` to the end of its own queue. */
export type Move =
  | { readonly kind: 'ack' }
  | { readonly kind: 'put-back' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'park'; readonly reason: string };

/**
 * Publishes the copy that a move needs, and waits for its confirm, no longer than `withinMs`.
 *
 * @returns whether the delivery may be acked now. `false` is logged once for each delivery: as an error where a person
 *   has to act, such as a binding that is gone
 */
export function createMove(options: {
  readonly queue: string;
  readonly publish: Publish;
  readonly log: Log;
}): (message: ConsumeMessage, move: Move, withinMs: number) => Promise<boolean> {
  const { queue, log } = options;
  const told = new WeakSet<ConsumeMessage>();

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
      const level = told.has(message) ? 'debug' : isUnavailable(error) ? 'warn' : 'error';
      told.add(message);
      const { messageId } = message.properties;
      log[level]({ queue, messageId, reason: messageOf(error) }, 'message not moved: held, will be tried again');
      return false;
    }
  };
}
