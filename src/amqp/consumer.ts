import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import { abandon } from './close.js';
import { createDeliveries, type DeliveryOptions, pause } from './delivery.js';
import { cameBackOften } from './redeliveries.js';

export interface ConsumerOptions extends DeliveryOptions {
  readonly prefetch: number;
  /** Rejects unless the broker takes messages now. Asked before a suspended consumer goes on. */
  readonly checkPublish: () => Promise<void>;
}

export interface Consumer {
  /**
   * Starts consuming on a new connection; deliveries of the old one come again.
   *
   * @throws while it is suspended: the broker takes no messages yet
   */
  readonly attach: (connection: ChannelModel) => Promise<void>;
  /**
   * Takes no more deliveries, and resolves when those in hand are answered, or after `graceMs`. One that only waits,
   * for a dependency or for its next attempt, goes back to the broker at once.
   */
  readonly stop: (graceMs: number) => Promise<void>;
  readonly inHand: () => number;
}

/**
 * Consumes a queue with manual acks. An ack follows the outcome, never before; when the process or the connection
 * dies in between, the message comes again. Retries and dead letters are published with a confirm before the ack.
 *
 * It begins with one delivery at a time, and takes its whole prefetch from the first message that did not come back
 * often: a message that ends the process is then alone in hand, and no other message is counted with it.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, log } = options;
  const handle = createDeliveries(options);
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  let current: { readonly channel: Channel; readonly consumerTag: string } | undefined;
  let widening: Promise<void> = Promise.resolve();
  let suspended = false;

  async function attach(connection: ChannelModel): Promise<void> {
    if (stopping.signal.aborted) return;
    if (suspended) await options.checkPublish();
    suspended = false;
    const channel = await connection.createChannel();
    const closed = new AbortController();
    const attachment = {
      channel,
      closed: closed.signal,
      ended: AbortSignal.any([closed.signal, stopping.signal]),
      suspend() {
        suspended = true;
        log.error({ queue }, 'the broker has taken no messages for long: this queue waits until it does');
        abandon(connection);
      },
    };
    channel.on('error', (error) => log.warn({ queue, reason: messageOf(error) }, 'channel closed by the broker'));
    channel.on('close', () => {
      closed.abort();
      abandon(connection);
    });
    let narrow = options.prefetch > 1;

    /** A prefetch counts for the consumers that come after it. */
    async function consume(prefetch: number): Promise<void> {
      await channel.prefetch(prefetch);
      const { consumerTag } = await channel.consume(queue, receive);
      current = { channel, consumerTag };
      if (stopping.signal.aborted) await cancel();
    }

    async function widen(): Promise<void> {
      await cancel();
      if (!stopping.signal.aborted) await consume(options.prefetch);
    }

    function receive(message: ConsumeMessage | null): void {
      if (message === null) {
        log.warn({ queue }, 'consumer canceled by the broker');
        abandon(connection);
        return;
      }
      if (narrow && !cameBackOften(message)) {
        narrow = false;
        widening = widen().catch((error) => {
          log.warn({ queue, reason: messageOf(error) }, 'consumer not widened, connecting again');
          abandon(connection);
        });
      }
      const handling = handle(attachment, message).finally(() => inHand.delete(handling));
      inHand.add(handling);
    }

    await consume(1);
  }

  async function cancel(): Promise<void> {
    if (current === undefined) return;
    const { channel, consumerTag } = current;
    // On a connection that is gone there is no consumer left to cancel.
    await channel.cancel(consumerTag).catch((error) => log.debug({ reason: messageOf(error) }, 'cancel'));
  }

  return {
    attach,
    inHand: () => inHand.size,
    async stop(graceMs) {
      stopping.abort();
      const drained = new AbortController();
      const drain = async () => {
        await widening;
        await cancel();
        await Promise.all(inHand);
        drained.abort();
      };
      await Promise.race([drain(), pause(graceMs, drained.signal)]);
    },
  };
}
