import { unavailable } from '../domain/errors.js';
import type { Topology } from './topology.js';

interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: string;
  readonly routing_key: string;
}

const TIMEOUT_MS = 5_000;

/**
 * The bindings of the topology that the broker lacks, by its management API: AMQP has no question for them.
 *
 * @param options.apiUrl with the credentials in it
 * @param options.amqpUrl names the virtual host
 * @returns a line for each that is missing
 * @throws {DomainError} `dependency-unavailable` when the API does not answer with bindings
 */
export async function compareBindings(
  { apiUrl, amqpUrl }: { readonly apiUrl: string; readonly amqpUrl: string },
  topology: Topology,
): Promise<string[]> {
  const found = await readBindings(apiUrl, amqpUrl);
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

async function readBindings(apiUrl: string, amqpUrl: string): Promise<Binding[]> {
  const vhost = decodeURIComponent(new URL(amqpUrl).pathname.slice(1)) || '/';
  const api = new URL(`api/bindings/${encodeURIComponent(vhost)}`, apiUrl.replace(/\/?$/, '/'));
  const login = [api.username, api.password].map(decodeURIComponent).join(':');
  api.username = '';
  api.password = '';
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  try {
    const response = await fetch(api, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return (await response.json()) as Binding[];
  } catch (error) {
    const { cause = error } = error as Error;
    throw unavailable(`the management API at ${api.host}`, cause);
  }
}
