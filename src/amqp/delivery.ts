import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { createCircuit } from './circuit.js';
import type { Publish } from './dead-letter.js';
import { historyOf } from './history.js';
import { createMove, type Move } from './move.js';
import { cameBackOften, cameBackTooOften, unanswered } from './redeliveries.js';

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
const LONGEST_PAUSE_MS = 5_000;
/** For the copy of a delivery whose handler has used up all of the time. */
const SHORTEST_CONFIRM_MS = 5_000;

export interface DeliveryOptions {
  readonly queue: string;
  readonly handler: Handler;
  readonly publish: Publish;
  readonly log: Log;
  /** Pause before the second attempt; the third waits twice as long. */
  readonly retryDelayMs: number;
  /** How long a delivery is held while a dependency is away; then a fresh copy goes to the end of its queue. */
  readonly holdMs: number;
  /**
   * How long a delivery is held, by its handler and for the confirm of its copy together, while the broker takes no copy
   * either; then it is given back. Below the broker's consumer timeout of 30 minutes.
   */
  readonly giveBackMs: number;
  /** Told of each delivery that was answered. */
  readonly onOutcome?: (queue: string, outcome: Outcome['kind'] | 'put-back') => void;
}

/** A channel's deliveries are answered on it or, once it has closed, not at all: the broker gives them out again. */
export interface Attachment {
  readonly channel: Channel;
  readonly closed: AbortSignal;
  /** Aborted by `closed` or by the consumer's stop: no use in waiting any longer. */
  readonly ended: AbortSignal;
  /** Takes no delivery, and gives back those in hand, until the broker takes messages again. */
  readonly suspend: () => void;
}

type Final = Move | { readonly kind: 'give-back' };

/** What happens to one delivery, from the handler to the ack. Retries and dead letters are confirmed before the ack. */
export function createDeliveries(
  options: DeliveryOptions,
): (attachment: Attachment, message: ConsumeMessage) => Promise<void> {
  const { queue, log } = options;
  const move = createMove(options);
  const circuit = createCircuit(options);

  async function handle(attachment: Attachment, message: ConsumeMessage): Promise<void> {
    const final = await answer(attachment, message).catch((error): Final => {
      log.debug({ queue, reason: messageOf(error) }, 'the channel closed before the ack, and the message comes again');
      return { kind: 'give-back' };
    });
    if (final.kind !== 'give-back') options.onOutcome?.(queue, final.kind);
    else giveBack(attachment, message);
  }

  async function answer(attachment: Attachment, message: ConsumeMessage): Promise<Final> {
    if (attachment.ended.aborted) return { kind: 'give-back' };
    const since = Date.now();
    const final = await moved(attachment, message, await decide(attachment, message), since);
    if (final.kind !== 'give-back') attachment.channel.ack(message);
    return final;
  }

  /**
   * Holds the delivery until the broker has taken its copy: a message that is given back is counted by the broker. What
   * the dead-letter queue does not take for long waits on in its own queue, as a fresh copy.
   */
  async function moved(attachment: Attachment, message: ConsumeMessage, decided: Final, since: number): Promise<Final> {
    let final = decided;
    for (let wait = options.retryDelayMs; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      // Of a channel that has closed the message is under way again, and a copy now would double it.
      if (final.kind === 'give-back' || attachment.closed.aborted) return { kind: 'give-back' };
      const left = options.giveBackMs - (Date.now() - since);
      if (await move(message, final, Math.max(left, SHORTEST_CONFIRM_MS))) return final;
      const held = Date.now() - since;
      // No other copy where its confirm could not be waited for.
      if (held + wait > options.giveBackMs) {
        if (cameBackOften(message)) attachment.suspend();
        return { kind: 'give-back' };
      }
      if (held > options.holdMs) final = { kind: 'put-back' };
      if (await pause(wait, attachment.ended)) return { kind: 'give-back' };
    }
  }

  async function decide({ ended }: Attachment, message: ConsumeMessage): Promise<Final> {
    if (cameBackTooOften(message)) return { kind: 'park', reason: unanswered(message) };
    const giveUpAt = Date.now() + options.holdMs;
    for (let wait = 100; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const outcome = await attempt(message);
      if (outcome === 'wait') {
        if (Date.now() > giveUpAt || cameBackOften(message)) return { kind: 'put-back' };
        if (await pause(wait * (0.5 + Math.random()), ended)) return { kind: 'give-back' };
      } else if (outcome.kind === 'retry') return await afterFailure(message, outcome.reason, ended);
      else return outcome;
    }
  }

  async function attempt(message: ConsumeMessage): Promise<Outcome | 'wait'> {
    try {
      const outcome = await options.handler(message);
      circuit.handled();
      return outcome;
    } catch (error) {
      if (isUnavailable(error) || circuit.failed(message, error)) {
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
