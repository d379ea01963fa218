import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { translated } from './errors.js';

export interface TemporalClientOptions {
  readonly address: string;
  readonly namespace: string;
  /** Holds the SDK's own variables; those of this process, if not given. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A client that connects at its first call, so that a process starts while Temporal is away. */
export function createClient({ address, namespace, env }: TemporalClientOptions): Client {
  // The client's own ten tries take longer than a call may, and end by a deadline that hides why. Two seconds of them
  // bridge a restart; whoever calls waits on by its own rules.
  const interceptors = [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 5 }))];
  const connection = Connection.lazy({ ...environmentConnection(env), address, connectTimeout: '5s', interceptors });
  return new Client({ connection, namespace });
}

/** TLS and API keys come from the SDK's own variables and profiles (TEMPORAL_TLS, TEMPORAL_API_KEY, …). */
export function environmentConnection(env?: NodeJS.ProcessEnv) {
  const set = Object.entries(env ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const from = env === undefined ? {} : { overrideEnvVars: Object.fromEntries(set) };
  const { address: _, ...options } = loadClientConnectConfig(from).connectionOptions;
  return options;
}

const CALL_TIMEOUT_MS = 10_000;

/**
 * One call with a deadline over all of its tries.
 *
 * @throws {DomainError} `dependency-unavailable` when Temporal does not answer
 */
export async function call<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => work(client));
  } catch (error) {
    throw translated(error);
  }
}

/** @throws {DomainError} `dependency-unavailable` */
export async function pingTemporal(client: Client): Promise<void> {
  await call(client, ({ workflowService, options }) =>
    workflowService.describeNamespace({ namespace: options.namespace }),
  );
}
