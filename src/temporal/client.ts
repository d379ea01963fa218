import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { translated } from './errors.js';

export interface TemporalClientOptions {
  readonly address: string;
  readonly namespace: string;
  /** The SDK's own variables; the environment of this process without it. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A client that connects at its first call, so that a process can start while Temporal is away. */
export function createClient({ address, namespace, env }: TemporalClientOptions): Client {
  // The SDK's ten tries take longer than the time-out of a call, and the time-out hides the reason. Five tries take two
  // seconds, which bridge a restart of the server. The callers retry by their own rules.
  const interceptors = [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 5 }))];
  const connection = Connection.lazy({ ...environmentConnection(env), address, connectTimeout: '5s', interceptors });
  return new Client({ connection, namespace });
}

/** The TLS settings and API key from the SDK's own variables and profiles (TEMPORAL_TLS, TEMPORAL_API_KEY, …). */
export function environmentConnection(env?: NodeJS.ProcessEnv) {
  const set = Object.entries(env ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const from = env === undefined ? {} : { overrideEnvVars: Object.fromEntries(set) };
  const { address: _, ...options } = loadClientConnectConfig(from).connectionOptions;
  return options;
}

/** Longer than a connect (5 s) and the pauses of all tries (2 s). */
const CALL_TIMEOUT_MS = 10_000;

/**
 * Makes one call, with one deadline for all of its tries.
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
