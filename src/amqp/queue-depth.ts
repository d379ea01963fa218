import type { ChannelModel } from 'amqplib';
import { unavailable } from '../domain/errors.js';
import { closeChannel } from './close.js';
import { type ManagementApi, readManagementApi } from './management-api.js';

export interface QueueDepth {
  /** Part of the setup of a connection. */
  readonly attach: (connection: ChannelModel) => void;
  /** How many messages wait in the queue. @throws {DomainError} `dependency-unavailable` when the broker is away */
  readonly waiting: () => Promise<number>;
}

/** Asks for a queue's length, on a channel of its own each time: a refusal closes the channel on which it comes. */
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
        // The refusal of a call is that call's answer; without a listener it would be an uncaught exception too.
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
 * How many messages of a queue its consumers have in hand, a few seconds ago: AMQP counts only those that wait.
 *
 * @throws {DomainError} `dependency-unavailable` when the management API does not answer
 */
export async function inHandOf(api: ManagementApi, queue: string): Promise<number> {
  const path = `api/queues/{vhost}/${encodeURIComponent(queue)}`;
  return (
    (await readManagementApi<{ readonly messages_unacknowledged?: number }>(api, path)).messages_unacknowledged ?? 0
  );
}
