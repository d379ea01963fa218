import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { deadLetter, type Publish, putBack } from './dead-letter.js';
import { historyOf } from './history.js';

/**
 * What becomes of a delivery. `retry` costs one of its attempts; `park` puts it into the dead-letter queue at once.
 * A handler that throws `dependency-unavailable` asks to wait: that costs nothing.
 */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'park'; readonly reason: string };

export type Handler = (message: ConsumeMessage) => Promise<Outcome>;

const MAX_ATTEMPTS = 3;

export interface DeliveryOptions {
  readonly queue: string;
  readonly handler: Handler;
  readonly publish: Publish;
  readonly log: Log;
  /** Pause before the second attempt; the third waits twice as long. */
  readonly retryDelayMs: number;
  /** How long a delivery is held while a dependency is away, well below the broker's consumer timeout of 30 minutes. */
  readonly holdMs: number;
  /** Told of each delivery that was answered. */
  readonly onOutcome?: (queue: string, outcome: Outcome['kind'] | 'put-back') => void;
}

/** A channel's deliveries are answered on it or, once it has closed, not at all: the broker gives them out again. */
export interface Attachment {
  readonly channel: Channel;
  readonly closed: AbortSignal;
  /** Aborted by `closed` or by the consumer's stop: no use in waiting any longer. */
  readonly ended: AbortSignal;
}

type Final = Outcome | { readonly kind: 'put-back' } | { readonly kind: 'give-back' };

/** What happens to one delivery, from the handler to the ack. Retries and dead letters are confirmed before the ack. */
export function createDeliveries(
  options: DeliveryOptions,
): (attachment: Attachment, message: ConsumeMessage) => Promise<void> {
  const { queue, log } = options;

  async function handle(attachment: Attachment, message: ConsumeMessage): Promise<void> {
    const final = await answer(attachment, message).catch(async (error): Promise<Final> => {
      const { messageId } = message.properties;
      log.warn({ queue, messageId, reason: messageOf(error) }, 'delivery not answered, it will come again');
      await pause(options.retryDelayMs, attachment.ended);
      return { kind: 'give-back' };
    });
    if (final.kind !== 'give-back') options.onOutcome?.(queue, final.kind);
    else giveBack(attachment, message);
  }

  async function answer(attachment: Attachment, message: ConsumeMessage): Promise<Final> {
    if (attachment.ended.aborted) return { kind: 'give-back' };
    const final = await decide(attachment, message);
    // Of a channel that has closed the message is under way again, and a copy now would double it.
    if (final.kind === 'give-back' || attachment.closed.aborted) return { kind: 'give-back' };
    if (final.kind === 'park') await park(message, final.reason);
    if (final.kind === 'retry') await putBack(options.publish, queue, message, historyOf(message, final.reason));
    if (final.kind === 'put-back') await putBack(options.publish, queue, message, historyOf(message));
    attachment.channel.ack(message);
    return final;
  }

  /** Holds the delivery while a dependency is away; a long outage puts it back as a fresh message, attempts unchanged. */
  async function decide({ ended }: Attachment, message: ConsumeMessage): Promise<Final> {
    const giveUpAt = Date.now() + options.holdMs;
    for (let wait = 100; ; wait = Math.min(wait * 2, 5_000)) {
      const outcome = await attempt(message);
      if (outcome === 'wait') {
        if (Date.now() > giveUpAt) return { kind: 'put-back' };
        if (await pause(wait * (0.5 + Math.random()), ended)) return { kind: 'give-back' };
      } else if (outcome.kind === 'retry') return await afterFailure(message, outcome.reason, ended);
      else return outcome;
    }
  }

  async function attempt(message: ConsumeMessage): Promise<Outcome | 'wait'> {
    try {
      return await options.handler(message);
    } catch (error) {
      if (isUnavailable(error)) {
        log.debug({ queue, reason: messageOf(error) }, 'waiting');
        return 'wait';
      }
      return { kind: 'retry', reason: messageOf(error) };
    }
  }

  async function afterFailure(message: ConsumeMessage, reason: string, ended: AbortSignal): Promise<Outcome> {
    const attempts = historyOf(message).attempts + 1;
    if (attempts >= MAX_ATTEMPTS) return { kind: 'park', reason: `${reason} (${attempts} attempts)` };
    log.warn({ queue, messageId: message.properties.messageId, attempts, reason }, 'failed, will be tried again');
    await pause(options.retryDelayMs * attempts, ended);
    return { kind: 'retry', reason };
  }

  async function park(message: ConsumeMessage, reason: string): Promise<void> {
    await deadLetter(options.publish, queue, message, historyOf(message, reason));
    log.error({ queue, messageId: message.properties.messageId, reason }, 'moved to the dead-letter queue');
  }

  function giveBack({ channel, closed }: Attachment, message: ConsumeMessage): void {
    if (closed.aborted) return;
    try {
      channel.nack(message, false, true);
    } catch (error) {
      log.debug({ queue, reason: messageOf(error) }, 'the channel is closing and gives back all of its deliveries');
    }
  }

  return handle;
}

/** True when it was cut short. */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, false, { signal }).catch(() => true);
