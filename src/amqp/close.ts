import type { Channel, ChannelModel } from 'amqplib';

/** Closes a connection whose channel was closed: channels are opened only with a new connection. */
export function abandon(connection: ChannelModel): void {
  // The close rejects when the connection is closed, or is being closed. Then the work is done.
  connection.close().catch(() => undefined);
}

/** The broker answers a close within milliseconds. A rule of thumb. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Waits for a close no longer than the time-out: amqplib's promise never settles when the connection is lost meanwhile.
 */
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
 * Resolves when the broker has answered the close of the channel. The broker has then processed every frame of the
 * channel from before.
 *
 * @throws when the channel or its connection was lost before the answer; amqplib's own promise never settles then
 */
export async function closeChannel(channel: Channel): Promise<void> {
  const lost = new Promise<never>((_, reject) => {
    // The event follows an answer too. The answer is then first.
    channel.once('close', () => setImmediate(reject, new Error('the connection was lost while a channel was closed')));
  });
  lost.catch(() => 'the close was answered');
  await Promise.race([channel.close(), lost]);
}
