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
 * What happens to a delivery. `retry` costs one of its attempts; `park` moves it to the dead-letter queue at once. When
 * a handler throws `dependency-unavailable`, the delivery waits and loses no attempt.
 */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'park'; readonly reason: string };

export type Handler = (message: ConsumeMessage) => Promise<Outcome>;

/** A rule of the order queue's contract: the third failure moves the message to the dead-letter queue. */
const MAX_ATTEMPTS = 3;
/** A recovered dependency is noticed within five seconds. A rule of thumb. */
const LONGEST_PAUSE_MS = 5_000;
/** The confirm of a copy has at least this time, also when the handler has used up the time of the delivery. */
const SHORTEST_CONFIRM_MS = 5_000;

export interface DeliveryOptions {
  readonly queue: string;
  readonly handler: Handler;
  readonly publish: Publish;
  readonly log: Log;
  /** The pause before the second attempt; the pause before the third is twice as long. */
  readonly retryDelayMs: number;
  /** How long a delivery waits for a dependency; then a fresh copy goes to the end of its queue. */
  readonly holdMs: number;
  /**
   * How long a delivery is held in all, by its handler and for the confirm of its copy. When the broker takes no copy
   * for so long, the delivery is requeued. Below the broker's consumer time-out of 30 minutes.
   */
  readonly giveBackMs: number;
  /** Called for each delivery that was acked. */
  readonly onOutcome?: (queue: string, outcome: Outcome['kind'] | 'put-back') => void;
}

/**
 * A channel and its state. A delivery is acked on its own channel. When the channel has closed, the broker redelivers.
 */
export interface Attachment {
  readonly channel: Channel;
  readonly closed: AbortSignal;
  /** Aborted by `closed` or by the consumer's stop: every wait ends. */
  readonly ended: AbortSignal;
  /** Requeues the deliveries in hand, and takes no delivery until the broker takes messages again. */
  readonly suspend: () => void;
}

type Final = Move | { readonly kind: 'give-back' };

/** Handles one delivery, from the handler to the ack. Retries and dead letters are confirmed before the ack. */
export function createDeliveries(
  options: DeliveryOptions,
): (attachment: Attachment, message: ConsumeMessage) => Promise<void> {
  const { queue, log } = options;
  const move = createMove(options);
  const circuit = createCircuit(options);

  async function handle(attachment: Attachment, message: ConsumeMessage): Promise<void> {
    const final = await answer(attachment, message).catch((error): Final => {
      log.debug(
        { queue, reason: messageOf(error) },
        'the channel closed before the ack, and the message is redelivered',
      );
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
   * Holds the delivery until the broker has confirmed its copy, because the broker counts each message that is
   * requeued. When the dead-letter queue takes no copy for long, a fresh copy waits in the message's own queue.
   */
  async function moved(attachment: Attachment, message: ConsumeMessage, decided: Final, since: number): Promise<Final> {
    let final = decided;
    for (let wait = options.retryDelayMs; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      // The broker redelivers the messages of a closed channel, so a copy would double the message.
      if (final.kind === 'give-back' || attachment.closed.aborted) return { kind: 'give-back' };
      const left = options.giveBackMs - (Date.now() - since);
      if (await move(message, final, Math.max(left, SHORTEST_CONFIRM_MS))) return final;
      const held = Date.now() - since;
      // The time is over: another copy could not wait for its confirm.
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

  function giveBack({ channel, ended }: Attachment, message: ConsumeMessage): void {
    // A stop closes the channel, which requeues once. A nack would get the message again until the consumer is canceled.
    if (ended.aborted) return;
    try {
      channel.nack(message, false, true);
    } catch (error) {
      log.debug({ queue, reason: messageOf(error) }, 'the channel is closing, and the broker redelivers its messages');
    }
  }

  return handle;
}

/** @returns whether the signal ended the pause early */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, false, { signal }).catch(() => true);
