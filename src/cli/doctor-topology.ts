import { compareTopology } from '../amqp/compare-topology.js';
import { orderTopology } from '../amqp/topology.js';
import { ConfigError, loadConfig } from '../config/config.js';
import { CommandError } from './command-error.js';
import type { Finding } from './doctor-finding.js';
import { withBroker } from './with-broker.js';

const what = 'queues';

/**
 * Whether the queues and exchanges exist, are durable and as declared here. No finding when the broker itself is
 * wrong.
 */
export async function diagnoseTopology(amqpUrl: string | undefined, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (amqpUrl === undefined) return [];
  try {
    const config = loadConfig(env, ['RABBITMQ_API_URL', 'ORDER_QUEUE_TYPE', 'ORDER_QUEUE', 'CONSUME_CANCEL_QUEUE']);
    const share = { orderQueue: config.ORDER_QUEUE, cancelQueue: config.CONSUME_CANCEL_QUEUE };
    const topology = orderTopology(config.ORDER_QUEUE_TYPE, share);
    const { RABBITMQ_API_URL: apiUrl } = config;
    const api = apiUrl === undefined ? undefined : { apiUrl, amqpUrl };
    const { lines, uncompared } = await withBroker(amqpUrl, (connection) => compareTopology(connection, topology, api));
    if (lines.length > 0) return lines.map((line) => ({ what, found: line, mend: 'npx orders topology' }));
    if (uncompared.length > 0) {
      // RabbitMQ compares arguments only for accounts with the right to configure.
      const found = 'exist. This account may not configure them, so that RabbitMQ does not compare their arguments';
      return [{ what, found: `${uncompared.join(', ')} ${found}. Set RABBITMQ_API_URL to compare them` }];
    }
    return [{ what, found: `${topology.queues.length} queues are there, durable and as declared here` }];
  } catch (error) {
    if (error instanceof ConfigError) return [{ what, found: error.message, mend: 'correct it, or unset it' }];
    // The broker does not answer: the broker's own line reports it.
    if (error instanceof CommandError) return [];
    throw error;
  }
}
