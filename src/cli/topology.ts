import { compareBindings } from '../amqp/bindings.js';
import { compareTopology, declareTopology } from '../amqp/declare.js';
import { orderTopology, type Topology } from '../amqp/topology.js';
import { type Config, loadConfig } from '../config/config.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { withBroker } from './with-broker.js';

type Say = (line: string) => void;

/**
 * Declares the topology, or with `check` only compares it.
 *
 * @returns false when `check` found something that differs or is missing
 * @throws {TopologyMismatch} without `check`, where something differs; nothing was declared then
 */
export async function topologyCommand(
  env: NodeJS.ProcessEnv,
  { check, say }: { readonly check: boolean; readonly say: Say },
): Promise<boolean> {
  const config = loadConfig(env, ['AMQP_URL', 'RABBITMQ_API_URL', 'ORDER_QUEUE_TYPE']);
  const topology = orderTopology(config.ORDER_QUEUE_TYPE);
  const { exchanges, queues, bindings } = topology;
  const standing = `${exchanges.length} exchanges, ${queues.length} queues`;
  return await withBroker(config.AMQP_URL, async (connection) => {
    if (!check) {
      await declareTopology(connection, topology);
      say(`${standing} and ${bindings.length} bindings are as declared here.`);
      return true;
    }
    const differences = await compareTopology(connection, topology);
    const unbound = await unboundIn(config, topology);
    for (const line of [...differences, ...(unbound.missing ?? [])]) say(line);
    if (unbound.missing === undefined) say(`Bindings not compared: ${unbound.why}`);
    if (differences.length > 0 || (unbound.missing ?? []).length > 0) return false;
    say(
      unbound.missing
        ? `${standing} and ${bindings.length} bindings are as declared here.`
        : `${standing} are as declared here.`,
    );
    return true;
  });
}

/** What is not known is said to be so, and not taken for right. */
async function unboundIn(
  { AMQP_URL: amqpUrl, RABBITMQ_API_URL: apiUrl }: Pick<Config, 'AMQP_URL' | 'RABBITMQ_API_URL'>,
  topology: Topology,
): Promise<{ readonly missing: readonly string[]; readonly why?: never } | { readonly missing?: never; why: string }> {
  if (apiUrl === undefined) return { why: 'AMQP cannot ask for them. Set RABBITMQ_API_URL to the management API.' };
  try {
    return { missing: await compareBindings({ apiUrl, amqpUrl }, topology) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { why: `${messageOf(error)}. RABBITMQ_API_URL names it.` };
  }
}
