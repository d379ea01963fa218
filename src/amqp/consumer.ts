import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import { abandon, closeChannel } from './close.js';
import { createDeliveries, type DeliveryOptions, pause } from './delivery.js';
import { cameBackOften } from './redeliveries.js';

export interface ConsumerOptions extends DeliveryOptions {
  readonly prefetch: number;
  /** Rejects unless the broker takes messages now. Called before a suspended consumer continues. */
  readonly checkPublish: () => Promise<void>;
}

export interface Consumer {
  /**
   * Starts consuming on a new connection. The broker redelivers the unacked messages of the old connection.
   *
   * @throws while the consumer is suspended and the broker takes no messages
   */
  readonly attach: (connection: ChannelModel) => Promise<void>;
  /**
   * Takes no more deliveries, waits for the handlers, and closes the channel. The broker then has each ack, and requeues
   * each delivery without an ack once. A delivery that waits for a dependency or for its next attempt does not delay the
   * stop. Resolves after `graceMs` in any case.
   */
  readonly stop: (graceMs: number) => Promise<void>;
  readonly inHand: () => number;
}

/**
 * Consumes a queue with manual acks. The ack follows the outcome. When the process or the connection dies before the
 * ack, the broker redelivers the message. Retries and dead letters are published with a confirm before the ack.
 *
 * The consumer begins with a prefetch of one. The first message that did not come back often widens the prefetch to its
 * full size. A message that ends the process each time is therefore alone in hand, and the broker counts the returns of
 * this message alone.
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
      // A stop closes the channel. The connection may have other channels, which are not at their end yet.
      if (!stopping.signal.aborted) abandon(connection);
    });
    let narrow = options.prefetch > 1;

    /** A new prefetch applies only to consumers that start after it. */
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
    // A closed connection has no consumer left to cancel.
    await channel.cancel(consumerTag).catch((error) => log.debug({ reason: messageOf(error) }, 'cancel'));
  }

  /**
   * The close of a connection may overtake an ack, and the broker would redeliver the message. The close of a channel
   * comes after the acks of the channel.
   */
  async function close(): Promise<void> {
    if (current === undefined) return;
    // The broker requeues the deliveries of a closed channel by itself.
    await closeChannel(current.channel).catch((error) => log.debug({ reason: messageOf(error) }, 'close'));
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
        await close();
        drained.abort();
      };
      await Promise.race([drain(), pause(graceMs, drained.signal)]);
    },
  };
}
