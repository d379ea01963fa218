import type { ChannelModel } from 'amqplib';
import { unavailable } from '../domain/errors.js';
import { abandon } from './close.js';
import type { OutgoingMessage } from './outgoing-message.js';

/** No queue is bound for this message. */
export class Unroutable extends Error {
  override name = 'Unroutable';
}

/**
 * Sends a message on one confirm channel, while its connection is open.
 *
 * @param done called once: with nothing after the confirm, else with the error that `Publisher.publish` throws
 */
export type ConfirmLink = (message: OutgoingMessage, done: (error?: unknown) => void) => void;

export async function openConfirmLink(connection: ChannelModel): Promise<ConfirmLink> {
  const channel = await connection.createConfirmChannel();
  const returned = new Map<string, number>();
  let failure: Error | undefined;

  channel.on('return', ({ fields, properties }) => {
    const key = keyOf(fields.exchange, fields.routingKey, properties.messageId);
    returned.set(key, (returned.get(key) ?? 0) + 1);
  });
  // The close that follows rejects each unconfirmed message with this error.
  channel.on('error', (error) => {
    failure = error;
  });
  channel.on('close', () => {
    failure ??= new Error('the connection was closed');
    abandon(connection);
  });

  /** The broker sends a return before the confirm of the same message, and one return for each copy of the message. */
  function wasReturned({ exchange, routingKey, properties }: OutgoingMessage): boolean {
    if (returned.size === 0) return false;
    const key = keyOf(exchange, routingKey, properties.messageId);
    const count = returned.get(key);
    if (count === undefined) return false;
    if (count > 1) returned.set(key, count - 1);
    else returned.delete(key);
    return true;
  }

  return (message, done) => {
    const { exchange, routingKey, content, properties, mayBeUnheard = false } = message;
    // Without `mandatory` the broker confirms a message that no queue takes.
    const options = { ...properties, persistent: true, mandatory: !mayBeUnheard };
    try {
      channel.publish(exchange, routingKey, content, options, (error) => {
        const unroutable = wasReturned(message);
        if (error) done(unavailable('the broker', failure ?? error));
        else if (unroutable)
          done(new Unroutable(`no queue takes ${routingKey} from ${exchange || 'the default exchange'}`));
        else done();
      });
    } catch (error) {
      const permanent = error instanceof RangeError || error instanceof TypeError;
      done(permanent ? error : unavailable('the broker', failure ?? error));
    }
  };
}

const keyOf = (exchange: string, routingKey: string, messageId: unknown): string =>
  JSON.stringify([exchange, routingKey, messageId]);
