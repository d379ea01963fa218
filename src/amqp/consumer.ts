import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { deadLetter, historyOf, type Publish, putBack } from './dead-letter.js';

/**
 * What becomes of a delivery. `retry` costs one of its attempts; `park` puts it into the dead-letter queue at once.
 * A handler that throws `dependency-unavailable` asks to wait: that costs nothing.
 */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'park'; readonly reason: string };

export type Handler = (message: ConsumeMessage) => Promise<Outcome>;

export const MAX_ATTEMPTS = 3;

export interface ConsumerOptions {
  readonly queue: string;
  readonly prefetch: number;
  readonly handler: Handler;
  readonly publish: Publish;
  readonly log: Log;
  /** Pause before the second attempt; the third waits twice as long. */
  readonly retryDelayMs: number;
  /** How long a delivery is held while a dependency is away, well below the broker's consumer timeout of 30 minutes. */
  readonly holdMs: number;
  readonly onOutcome?: (queue: string, outcome: Outcome['kind'] | 'put-back') => void;
}

export interface Consumer {
  /** Starts consuming on a new connection; deliveries of the old one come again. */
  readonly attach: (connection: ChannelModel) => Promise<void>;
  /** Takes no more deliveries, and resolves when those in hand are answered or given up after `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>;
  readonly inHand: () => number;
}

/**
 * Consumes a queue with manual acks. An ack follows the outcome, never before; when the process or the connection
 * dies in between, the message comes again. Retries and dead letters are published with a confirm before the ack.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, log } = options;
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  let current: { channel: Channel; consumerTag: string } | undefined;

  async function attach(connection: ChannelModel): Promise<void> {
    if (stopping.signal.aborted) return;
    const channel = await connection.createChannel();
    channel.on('error', (error) => log.warn({ queue, reason: messageOf(error) }, 'channel closed by the broker'));
    // A closed channel, or a consumer that the broker canceled, comes back only with a new connection.
    const reconnect = () => connection.close().catch(() => undefined);
    channel.on('close', () => void reconnect());
    await channel.prefetch(options.prefetch);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message === null) return void reconnect();
      const handling = handle(channel, message).finally(() => inHand.delete(handling));
      inHand.add(handling);
    });
    current = { channel, consumerTag };
  }

  async function handle(channel: Channel, message: ConsumeMessage): Promise<void> {
    try {
      const outcome = await decide(message);
      if (outcome === 'stopping') return;
      options.onOutcome?.(queue, outcome.kind);
      if (outcome.kind === 'retry') await retry(message, outcome.reason);
      if (outcome.kind === 'park') await park(message, outcome.reason);
      channel.ack(message);
    } catch (error) {
      // Not answered: the broker delivers it again when this channel ends, here or elsewhere.
      log.warn({ queue, messageId: message.properties.messageId, reason: messageOf(error) }, 'delivery not answered');
    }
  }

  /** Holds the delivery while a dependency is away; a long outage puts it back as a fresh message, attempts unchanged. */
  async function decide(message: ConsumeMessage): Promise<Outcome | 'stopping'> {
    const giveUpAt = Date.now() + options.holdMs;
    for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
      const outcome = await attempt(message);
      if (outcome !== 'wait') return outcome;
      if (Date.now() > giveUpAt) {
        await putBack(options.publish, queue, message, historyOf(message));
        options.onOutcome?.(queue, 'put-back');
        return { kind: 'ack' };
      }
      if (await aborted(pause * (0.5 + Math.random()))) return 'stopping';
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

  async function retry(message: ConsumeMessage, reason: string): Promise<void> {
    const history = historyOf(message, reason);
    if (history.attempts >= MAX_ATTEMPTS) {
      await park(message, `${reason} (${history.attempts} attempts)`);
      return;
    }
    log.warn({ queue, messageId: message.properties.messageId, ...history }, 'failed, will be tried again');
    await aborted(options.retryDelayMs * history.attempts);
    await putBack(options.publish, queue, message, history);
  }

  async function park(message: ConsumeMessage, reason: string): Promise<void> {
    log.error({ queue, messageId: message.properties.messageId, reason }, 'moved to the dead-letter queue');
    await deadLetter(options.publish, queue, message, historyOf(message, reason));
  }

  const aborted = (ms: number): Promise<boolean> =>
    sleep(ms, false, { signal: stopping.signal }).catch(() => true);

  return {
    attach,
    inHand: () => inHand.size,
    async stop(graceMs) {
      if (current !== undefined) {
        const { channel, consumerTag } = current;
        // On a connection that is gone there is no consumer left to cancel.
        await channel.cancel(consumerTag).catch((error) => log.debug({ reason: messageOf(error) }, 'cancel'));
      }
      const grace = setTimeout(() => stopping.abort(), graceMs);
      await Promise.all(inHand);
      clearTimeout(grace);
      stopping.abort();
    },
  };
}
