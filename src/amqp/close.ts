import type { Channel, ChannelModel } from 'amqplib';

/** Ends a connection one of whose channels cannot go on. Channels come back only with a new connection. */
export function abandon(connection: ChannelModel): void {
  // Refused when it is closed or being closed already, and then there is nothing left to do.
  connection.close().catch(() => undefined);
}

const CLOSE_TIMEOUT_MS = 5_000;

/** A close that the broker never answers, because the connection was lost meanwhile, does not settle by itself. */
export async function inCloseTime(connection: ChannelModel, closing: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const closed = new Promise<void>((resolve) => {
    connection.once('close', () => resolve());
    timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
  });
  try {
    await Promise.race([closing, closed]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Resolves when the broker has answered the close of the channel, and so has taken what was sent on the channel before.
 *
 * @throws when the channel or its connection was lost before the answer, after which amqplib's own promise never settles
 */
export async function closeChannel(channel: Channel): Promise<void> {
  const lost = new Promise<never>((_, reject) => {
    // The event follows an answer too, and the answer counts then.
    channel.once('close', () => setImmediate(reject, new Error('the connection was lost while a channel was closed')));
  });
  lost.catch(() => 'the close was answered');
  await Promise.race([channel.close(), lost]);
}
