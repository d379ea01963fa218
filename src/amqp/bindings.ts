import { type ManagementApi, readManagementApi } from './management-api.js';
import type { Topology } from './topology.js';

interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: string;
  readonly routing_key: string;
}

/**
 * Compares the bindings by the broker's management API, because AMQP has no method that lists bindings.
 *
 * @returns a line for each binding of the topology that is missing in the broker
 * @throws {DomainError} `dependency-unavailable` when the API does not return the bindings
 */
export async function compareBindings(api: ManagementApi, topology: Topology): Promise<string[]> {
  const found = await readManagementApi<Binding[]>(api, 'api/bindings/{vhost}');
  const keyOf = (exchange: string, key: string, queue: string): string => JSON.stringify([exchange, key, queue]);
  const bound = new Set(
    found
      .filter(({ destination_type: type }) => type === 'queue')
      .map(({ source, routing_key: key, destination }) => keyOf(source, key, destination)),
  );
  return topology.bindings
    .filter(({ exchange, key, queue }) => !bound.has(keyOf(exchange, key, queue)))
    .map(
      ({ exchange, key, queue }) =>
        `queue ${queue} is not bound to ${exchange} by ${key}; \`orders topology\` binds it`,
    );
}
