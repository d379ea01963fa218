import type { ChannelModel } from 'amqplib';
import { isUnavailable, messageOf, NotSetUp } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { closeChannel } from './close.js';
import { type ManagementApi, readManagementApi } from './management-api.js';

/** The connections of every bridge have a name with this beginning, so that a bridge recognises other bridges. */
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
 * Looks for consumers that are no bridge, before our consumers start. A legacy service on the same queue would receive
 * some of our messages, and we would park some of the legacy service's messages.
 *
 * @param options.api with the API, the check knows the consumers' names and refuses a consumer that is no bridge.
 *   Without the API, the check knows only how many consumers a queue has, and logs the number once
 * @returns a check for each new connection. The check throws {@link NotSetUp}, which names the queue, its consumer and
 *   the remedy
 */
export function createConsumerCheck(options: {
  readonly queues: readonly string[];
  readonly api: ManagementApi | undefined;
  readonly log: Log;
}): (connection: ChannelModel) => Promise<void> {
  const { queues, api, log } = options;
  let isLogged = false;

  async function countAll(connection: ChannelModel): Promise<void> {
    if (isLogged) return;
    isLogged = true;
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
      log.warn({ reason: messageOf(error) }, 'the other consumers of the queues are not known');
      await countAll(connection);
    }
  };
}

async function consumersThatAreNoBridge(api: ManagementApi, queues: readonly string[]): Promise<string[]> {
  const consumers = await readManagementApi<ApiConsumer[]>(api, 'api/consumers/{vhost}');
  const connections = await readManagementApi<ApiConnection[]>(api, 'api/vhosts/{vhost}/connections');
  const nameOf = new Map(
    connections.map(({ name, client_properties }) => [name, client_properties?.connection_name ?? name]),
  );
  const found = consumers
    .filter(({ queue }) => queues.includes(queue.name))
    .map(({ queue, channel_details: { connection_name: connection } }) => ({
      queue: queue.name,
      // A connection that was closed meanwhile has no name, and consumes nothing.
      consumer: connection === undefined ? undefined : nameOf.get(connection),
    }))
    .filter(({ consumer }) => consumer !== undefined && !consumer.startsWith(BRIDGE_NAME));
  return [...new Set(found.map(({ queue, consumer }) => `${consumer} consumes ${queue} and is no bridge`))];
}

const remedy = 'stop it, or set ORDER_QUEUE to a queue of our own and CONSUME_CANCEL_QUEUE=false (docs/migrating.md)';

const mayBeOthers =
  'this queue has other consumers: if one is no bridge but a legacy service, set ORDER_QUEUE and ' +
  'CONSUME_CANCEL_QUEUE (docs/migrating.md)';
