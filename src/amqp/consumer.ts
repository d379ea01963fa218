import type { Channel, ChannelModel } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import { abandon } from './close.js';
import { createDeliveries, type DeliveryOptions, pause } from './delivery.js';

export interface ConsumerOptions extends DeliveryOptions {
  readonly prefetch: number;
}

export interface Consumer {
  /** Starts consuming on a new connection; deliveries of the old one come again. */
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
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, log } = options;
  const handle = createDeliveries(options);
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  let current: { readonly channel: Channel; readonly consumerTag: string } | undefined;

  async function attach(connection: ChannelModel): Promise<void> {
    if (stopping.signal.aborted) return;
    const channel = await connection.createChannel();
    const closed = new AbortController();
    const attachment = {
      channel,
      closed: closed.signal,
      ended: AbortSignal.any([closed.signal, stopping.signal]),
    };
    channel.on('error', (error) => log.warn({ queue, reason: messageOf(error) }, 'channel closed by the broker'));
    channel.on('close', () => {
      closed.abort();
      abandon(connection);
    });
    await channel.prefetch(options.prefetch);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message === null) {
        log.warn({ queue }, 'consumer canceled by the broker');
        return abandon(connection);
      }
      const handling = handle(attachment, message).finally(() => inHand.delete(handling));
      inHand.add(handling);
    });
    current = { channel, consumerTag };
    if (stopping.signal.aborted) await cancel();
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
        await cancel();
        await Promise.all(inHand);
        drained.abort();
      };
      await Promise.race([drain(), pause(graceMs, drained.signal)]);
    },
  };
}
