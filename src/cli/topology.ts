import { connect } from 'amqplib';
import { brokerSocket } from '../amqp/broker-address.js';
import { compareTopology, declareTopology } from '../amqp/declare.js';
import { orderTopology } from '../amqp/topology.js';
import { loadConfig } from '../config.js';

/** Declares the topology, or with `check` only compares it. @returns false when something differs or is missing */
export async function topologyCommand(
  env: NodeJS.ProcessEnv,
  { check, say }: { readonly check: boolean; readonly say: (line: string) => void },
): Promise<boolean> {
  const { AMQP_URL, ORDER_QUEUE_TYPE } = loadConfig(env, ['AMQP_URL', 'ORDER_QUEUE_TYPE']);
  const topology = orderTopology(ORDER_QUEUE_TYPE);
  const connection = await connect(AMQP_URL, brokerSocket(AMQP_URL));
  try {
    if (check) {
      const differences = await compareTopology(connection, topology);
      for (const line of differences) say(line);
      if (differences.length > 0) return false;
    } else await declareTopology(connection, topology);
    const { exchanges, queues } = topology;
    say(`${exchanges.length} exchanges and ${queues.length} queues are as declared here.`);
    return true;
  } finally {
    await connection.close();
  }
}
