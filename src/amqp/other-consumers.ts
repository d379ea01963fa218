import type { ChannelModel } from 'amqplib';
import { isUnavailable, messageOf, NotSetUp } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { closeChannel } from './close.js';
import { type ManagementApi, readManagementApi } from './management-api.js';

/** By this beginning of its connection's name a bridge knows the others. */
export const BRIDGE_NAME = 'order-bridge bridge';

interface ApiConsumer {
  readonly queue: { readonly name: string };
  readonly channel_details: { readonly connection_name?: string };
}

interface ApiConnection {
  readonly name: string;
  readonly client_properties?: { readonly connection_name?: string };
}

/**
 * Looks for consumers that are no bridge before ours begin. A legacy service on the same queue would get some of our
 * messages, and we would park some of its own.
 *
 * @param options.api with it the consumers are known by name, and one that is no bridge is refused; without it AMQP only
 *   tells how many there are, which is logged once
 * @returns a check to be made on each new connection. @throws {NotSetUp} naming the queue, who consumes it and what to do
 */
export function createConsumerCheck(options: {
  readonly queues: readonly string[];
  readonly api: ManagementApi | undefined;
  readonly log: Log;
}): (connection: ChannelModel) => Promise<void> {
  const { queues, api, log } = options;
  let told = false;

  async function countAll(connection: ChannelModel): Promise<void> {
    if (told) return;
    told = true;
    const channel = await connection.createChannel();
    for (const queue of queues) {
      const { consumerCount } = await channel.checkQueue(queue);
      if (consumerCount > 0) log.warn({ queue, consumerCount }, mayBeOthers);
    }
    await closeChannel(channel);
  }

  return async (connection) => {
    if (api === undefined) return await countAll(connection);
    try {
      const others = await consumersThatAreNoBridge(api, queues);
      if (others.length > 0) throw new NotSetUp('RabbitMQ', others.join(', '), remedy);
    } catch (error) {
      if (error instanceof NotSetUp || !isUnavailable(error)) throw error;
      log.warn({ reason: messageOf(error) }, 'who else consumes the queues is not known');
      await countAll(connection);
    }
  };
}

async function consumersThatAreNoBridge(api: ManagementApi, queues: readonly string[]): Promise<string[]> {
  const consumers = await readManagementApi<ApiConsumer[]>(api, 'api/consumers/{vhost}');
  const connections = await readManagementApi<ApiConnection[]>(api, 'api/vhosts/{vhost}/connections');
  const nameOf = new Map(connections.map((one) => [one.name, one.client_properties?.connection_name ?? one.name]));
  const found = consumers
    .filter(({ queue }) => queues.includes(queue.name))
    .map(({ queue, channel_details: { connection_name: connection } }) => ({
      queue: queue.name,
      // A connection that has gone meanwhile consumes nothing any more.
      who: connection === undefined ? undefined : nameOf.get(connection),
    }))
    .filter(({ who }) => who !== undefined && !who.startsWith(BRIDGE_NAME));
  return [...new Set(found.map(({ queue, who }) => `${who} consumes ${queue} and is no bridge`))];
}

const remedy = 'stop it, or set ORDER_QUEUE to a queue of our own and CONSUME_CANCEL_QUEUE=false (docs/migrating.md)';

const mayBeOthers =
  'this queue has other consumers: if one is no bridge but a legacy service, set ORDER_QUEUE and ' +
  'CONSUME_CANCEL_QUEUE (docs/migrating.md)';
