import type { Channel, ConfirmChannel, Options } from 'amqplib';
import type { OutgoingMessage } from '../../src/amqp/outgoing-message.js';
import { inParallel } from '../../src/domain/in-parallel.js';

/** So many senders, where there are many: each awaits its message before it sends the next message. */
export const MANY = 256;

/** Sends all messages, from one sender that awaits nothing between two messages or from many. */
export type Send = (messages: readonly OutgoingMessage[], senders: 1 | typeof MANY) => Promise<unknown>;

const persistent = ({ properties }: OutgoingMessage): Options.Publish => ({ ...properties, persistent: true });

/** The publisher of the product. One sender hands over all messages; the publisher's window holds them back. */
export const byPublisher =
  (publish: (message: OutgoingMessage) => Promise<void>): Send =>
  (messages, senders) =>
    senders === 1 ? Promise.all(messages.map((message) => publish(message))) : inParallel(messages, senders, publish);

/** A loop over amqplib with confirms. */
export const byLoop =
  (channel: ConfirmChannel): Send =>
  async (messages, senders) => {
    if (senders !== 1) {
      await inParallel(messages, senders, (message) => confirmed(channel, message));
      return;
    }
    for (const message of messages) {
      channel.publish(message.exchange, message.routingKey, message.content, persistent(message));
    }
    await channel.waitForConfirms();
  };

/** A loop over amqplib without confirms, until the broker has read each message. */
export const unconfirmed =
  (channel: Channel, onHandedOver: (ms: number) => void): Send =>
  async (messages, senders) => {
    const since = performance.now();
    const publish = async (message: OutgoingMessage): Promise<void> => {
      channel.publish(message.exchange, message.routingKey, message.content, persistent(message));
    };
    if (senders === 1) for (const message of messages) void publish(message);
    else await inParallel(messages, senders, publish);
    onHandedOver(performance.now() - since);
    // The broker handles the frames of a channel in their order.
    await channel.checkExchange(messages[0]?.exchange ?? '');
  };

/** A loop over amqplib that awaits each confirm before it sends the next message. */
export const awaited =
  (channel: ConfirmChannel): Send =>
  async (messages) => {
    for (const message of messages) await confirmed(channel, message);
  };

const confirmed = (channel: ConfirmChannel, message: OutgoingMessage): Promise<void> =>
  new Promise((resolve, reject) => {
    channel.publish(message.exchange, message.routingKey, message.content, persistent(message), (error) =>
      error ? reject(error) : resolve(),
    );
  });
