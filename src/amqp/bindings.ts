import { type ManagementApi, readManagementApi } from './management-api.js';
import type { Topology } from './topology.js';

interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: string;
  readonly routing_key: string;
}

/**
 * The bindings of the topology that the broker lacks, by its management API: AMQP has no question for them.
 *
 * @returns a line for each that is missing
 * @throws {DomainError} `dependency-unavailable` when the API does not answer with bindings
 */
export async function compareBindings(api: ManagementApi, topology: Topology): Promise<string[]> {
  const found = await readManagementApi<Binding[]>(api, 'api/bindings/{vhost}');
  const keyOf = (exchange: string, key: string, queue: string): string => JSON.stringify([exchange, key, queue]);
  const there = new Set(
    found
      .filter(({ destination_type: type }) => type === 'queue')
      .map(({ source, routing_key: key, destination }) => keyOf(source, key, destination)),
  );
  return topology.bindings
    .filter(({ exchange, key, queue }) => !there.has(keyOf(exchange, key, queue)))
    .map(
      ({ exchange, key, queue }) =>
        `queue ${queue} is not bound to ${exchange} by ${key}; \`orders topology\` binds it`,
    );
}
