import { inChannel, notFound } from '../amqp/compare-topology.js';
import { orderTopology } from '../amqp/topology.js';
import { loadConfig } from '../config/config.js';
import { createClient } from '../temporal/client.js';
import { isTaskQueueUsed } from '../temporal/task-queue.js';
import { withBroker } from './with-broker.js';

/**
 * Checks whether another shop uses the broker and the Temporal of the environment; changes nothing there. Our
 * processes with another database know none of that shop's orders: they would park its messages and fail its workflows.
 *
 * @returns a line for each server that is in use, its address without credentials
 */
export async function usedServers(set: NodeJS.ProcessEnv): Promise<string[]> {
  const lines: string[] = [];
  const queue = set.AMQP_URL && (await queueThere(set));
  if (queue) {
    lines.push(`AMQP_URL names a broker that has the queue ${queue} already (${new URL(set.AMQP_URL as string).host})`);
  }
  if (set.TEMPORAL_ADDRESS && (await isTemporalUsed(set))) {
    const where = `task queue ${loadConfig(set, ['TEMPORAL_TASK_QUEUE']).TEMPORAL_TASK_QUEUE}`;
    lines.push(`TEMPORAL_ADDRESS names a Temporal that has orders or workers already (${where})`);
  }
  return lines;
}

/**
 * The first queue of the topology that exists. Its shop may be in a deployment: then it is empty and has no consumer.
 */
async function queueThere(set: NodeJS.ProcessEnv): Promise<string | undefined> {
  const config = loadConfig(set, ['AMQP_URL', 'ORDER_QUEUE', 'ORDER_QUEUE_TYPE', 'CONSUME_CANCEL_QUEUE']);
  const share = { orderQueue: config.ORDER_QUEUE, cancelQueue: config.CONSUME_CANCEL_QUEUE };
  const { queues } = orderTopology(config.ORDER_QUEUE_TYPE, share);
  return await withBroker(config.AMQP_URL, async (connection) => {
    for (const { name } of queues) {
      try {
        await inChannel(connection, (channel) => channel.checkQueue(name));
        return name;
      } catch (error) {
        if (notFound(error) === undefined) throw error;
      }
    }
    return undefined;
  });
}

async function isTemporalUsed(set: NodeJS.ProcessEnv): Promise<boolean> {
  const config = loadConfig(set, ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE']);
  const client = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, env: set });
  try {
    return await isTaskQueueUsed(client, config.TEMPORAL_TASK_QUEUE);
  } finally {
    await client.connection.close();
  }
}
