import type { ChannelModel } from 'amqplib';
import { unavailable } from '../domain/errors.js';
import { closeChannel } from './close.js';
import { type ManagementApi, readManagementApi } from './management-api.js';

export interface QueueDepth {
  /** Called in the setup of each connection. */
  readonly attach: (connection: ChannelModel) => void;
  /**
   * @returns how many messages wait in the queue.
   * @throws {DomainError} `dependency-unavailable` when the broker is away
   */
  readonly waiting: () => Promise<number>;
}

/** Reads a queue's length, each time on a channel of its own: a refused call closes its channel. */
export function createQueueDepth(queue: string): QueueDepth {
  let connection: ChannelModel | undefined;
  return {
    attach(attached) {
      connection = attached;
    },
    async waiting() {
      try {
        if (connection === undefined) throw new Error('not connected yet');
        const channel = await connection.createChannel();
        // A refused call rejects with the error; without a listener the event would be an uncaught exception.
        channel.on('error', () => undefined);
        const { messageCount } = await channel.checkQueue(queue);
        await closeChannel(channel);
        return messageCount;
      } catch (error) {
        throw unavailable('the broker', error);
      }
    },
  };
}

/**
 * The number of messages that a queue's consumers have in hand. The API's figure is a few seconds old. AMQP counts only
 * the messages that wait.
 *
 * @throws {DomainError} `dependency-unavailable` when the management API does not answer
 */
export async function inHandOf(api: ManagementApi, queue: string): Promise<number> {
  const path = `api/queues/{vhost}/${encodeURIComponent(queue)}`;
  return (
    (await readManagementApi<{ readonly messages_unacknowledged?: number }>(api, path)).messages_unacknowledged ?? 0
  );
}
