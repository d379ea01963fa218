import { compareBindings } from '../amqp/bindings.js';
import { compareTopology } from '../amqp/compare-topology.js';
import { declareTopology } from '../amqp/declare.js';
import type { ManagementApi } from '../amqp/management-api.js';
import { orderTopology, type Topology } from '../amqp/topology.js';
import { loadConfig } from '../config/config.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { withBroker } from './with-broker.js';

const WITHOUT_CONFIGURE =
  'RabbitMQ compares arguments only for an account with the right to configure, and this account lacks it.';

export const topologyVariables = [
  'AMQP_URL',
  'RABBITMQ_API_URL',
  'ORDER_QUEUE',
  'ORDER_QUEUE_TYPE',
  'CONSUME_CANCEL_QUEUE',
] as const;

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
  const config = loadConfig(env, topologyVariables);
  const topology = orderTopology(config.ORDER_QUEUE_TYPE, {
    orderQueue: config.ORDER_QUEUE,
    cancelQueue: config.CONSUME_CANCEL_QUEUE,
  });
  const { exchanges, queues, bindings } = topology;
  const { AMQP_URL: amqpUrl, RABBITMQ_API_URL: apiUrl } = config;
  const api = apiUrl === undefined ? undefined : { apiUrl, amqpUrl };
  const counts = `${exchanges.length} exchanges, ${queues.length} queues`;
  return await withBroker(amqpUrl, async (connection) => {
    if (!check) {
      const uncompared = await declareTopology(connection, topology, api);
      if (uncompared.length > 0) say(`Exist, and were not compared: ${uncompared.join(', ')}. ${WITHOUT_CONFIGURE}`);
      else say(`${counts} and ${bindings.length} bindings are as declared here.`);
      return true;
    }
    const { lines: differences, uncompared } = await compareTopology(connection, topology, api);
    const unbound = await unboundIn(api, topology);
    for (const line of [...differences, ...(unbound.missing ?? [])]) say(line);
    if (uncompared.length > 0) say(`Not compared: ${uncompared.join(', ')}. ${WITHOUT_CONFIGURE}`);
    if (unbound.missing === undefined) say(`Bindings not compared: ${unbound.why}`);
    if (differences.length > 0 || (unbound.missing ?? []).length > 0) return false;
    if (uncompared.length > 0) return true;
    say(
      unbound.missing
        ? `${counts} and ${bindings.length} bindings are as declared here.`
        : `${counts} are as declared here.`,
    );
    return true;
  });
}

/** Returns the missing bindings, or the reason why they were not compared. */
async function unboundIn(
  api: ManagementApi | undefined,
  topology: Topology,
): Promise<{ readonly missing: readonly string[]; readonly why?: never } | { readonly missing?: never; why: string }> {
  if (api === undefined) return { why: 'AMQP cannot ask for them. Set RABBITMQ_API_URL to the management API.' };
  try {
    return { missing: await compareBindings(api, topology) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { why: `${messageOf(error)}. RABBITMQ_API_URL names it.` };
  }
}
