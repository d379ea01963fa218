import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { unavailable } from '../domain/errors.js';

export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  /** `messageId` identifies the message in a return, so it is unique among those under way. */
  readonly properties: Options.Publish & { readonly messageId: string };
}

/** The broker has no queue for this message. */
export class Unroutable extends Error {
  override name = 'Unroutable';
}

export interface Publisher {
  /** Opens a new confirm channel on a new connection; what was unconfirmed on the old one is rejected. */
  readonly attach: (connection: ChannelModel) => Promise<void>;
  /**
   * Resolves when the broker has confirmed the message into a queue, persistent.
   *
   * A rejection never means that it was not sent: publish again with the same `messageId`.
   *
   * @throws {Unroutable} when no queue is bound
   * @throws {DomainError} `dependency-unavailable` when nacked, when the connection went before the confirm came, or
   *   when it did not come in time; a late one then frees the message's place in the window, and no more
   */
  readonly publish: (message: OutgoingMessage) => Promise<void>;
  /** Messages sent and not confirmed yet. */
  readonly inFlight: () => number;
}

/**
 * Publishes with confirms in a bounded window. A message beyond the window waits; while the broker's alarm holds
 * confirms back, so does everything behind them, and nothing piles up in the socket.
 */
export function createPublisher(options: { readonly window: number; readonly confirmTimeoutMs: number }): Publisher {
  let channel: ConfirmChannel | undefined;
  let inFlight = 0;
  const waiting: (() => void)[] = [];
  const returned = new Set<string>();

  async function attach(connection: ChannelModel): Promise<void> {
    const opened = await connection.createConfirmChannel();
    opened.on('return', ({ properties }) => returned.add(String(properties.messageId)));
    opened.on('error', () => undefined);
    opened.on('close', () => {
      if (channel === opened) channel = undefined;
      // A channel that the broker closed is dead while its connection lives: only a new connection mends it.
      connection.close().catch(() => undefined);
    });
    returned.clear();
    channel = opened;
  }

  async function publish(message: OutgoingMessage): Promise<void> {
    while (inFlight >= options.window) await new Promise<void>((resolve) => waiting.push(resolve));
    const open = channel;
    if (open === undefined) throw unavailable('the broker', new Error('not connected'));
    inFlight++;
    const settled = confirmed(open, message).finally(() => {
      inFlight--;
      waiting.shift()?.();
    });
    await inTime(settled, options.confirmTimeoutMs);
    if (returned.delete(message.properties.messageId)) {
      throw new Unroutable(`no queue takes ${message.routingKey} from ${message.exchange || 'the default exchange'}`);
    }
  }

  return { attach, publish, inFlight: () => inFlight };
}

/** `mandatory`: without it a message that no queue takes is confirmed as fine. */
function confirmed(channel: ConfirmChannel, { exchange, routingKey, content, properties }: OutgoingMessage) {
  return new Promise<void>((resolve, reject) => {
    const options = { ...properties, persistent: true, mandatory: true };
    channel.publish(exchange, routingKey, content, options, (error) => {
      if (error) reject(unavailable('the broker', error));
      else resolve();
    });
  });
}

/** A confirm that does not come is an unknown: the caller goes on, and the place in the window stays taken. */
async function inTime(confirm: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no confirm within ${timeoutMs} ms`);
    timer = setTimeout(() => reject(unavailable('the broker', error)), timeoutMs);
  });
  try {
    await Promise.race([confirm, late]);
  } finally {
    clearTimeout(timer);
  }
}
