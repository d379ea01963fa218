import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { connect as connectAmqp } from 'amqplib';
import { createConnection } from 'mysql2/promise';
import { brokerSocket } from '../amqp/broker-address.js';
import { serverAddress } from '../db/driver/server-address.js';
import { withTimeout } from '../domain/with-timeout.js';
import { notSetUp, setupProblems } from '../temporal/setup.js';

// A busy machine needs this time: a shorter time-out would report a slow server as missing.
const timeoutMs = 30_000;

/** Logs in and asks for the version. */
export async function checkMysql(url: string): Promise<string> {
  const connection = await createConnection({ ...serverAddress(url), connectTimeout: timeoutMs });
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    return String((rows as { version: unknown }[])[0]?.version);
  } finally {
    connection.destroy();
  }
}

/**
 * Opens a connection and a channel, and closes the connection. The server's properties hold its version.
 *
 * @param limitMs the time-out of the connect, of the channel and of the close: amqplib waits for a close without a limit
 */
export async function checkAmqp(url: string, limitMs = timeoutMs): Promise<string> {
  const connection = await connectAmqp(url, { ...brokerSocket(url), timeout: limitMs });
  // The connection emits the error of the rejected promise as well; without a listener that would end the process.
  connection.on('error', () => undefined);
  try {
    await answered(connection.createChannel(), limitMs);
    return String(connection.connection.serverProperties.version);
  } finally {
    await answered(connection.close(), limitMs);
  }
}

const answered = <T>(work: Promise<T>, limitMs: number): Promise<T> =>
  withTimeout(work, limitMs, () => new Error(`no answer within ${limitMs} ms`));

/** Describes the namespace over gRPC, which also fails while the server still sets it up. */
export async function checkTemporal(options: ConnectionOptions, namespace: string): Promise<string> {
  const connection = await Connection.connect({ ...options, connectTimeout: timeoutMs });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return serverVersion ?? 'unknown';
  } finally {
    await connection.close();
  }
}

/** Returns the version of a Temporal that has all that the processes need. @throws {NotSetUp} naming what is missing */
export async function checkTemporalSetup(options: ConnectionOptions, namespace: string): Promise<string> {
  const connection = await Connection.connect({ ...options, connectTimeout: timeoutMs });
  try {
    const problems = await setupProblems(new Client({ connection, namespace }));
    if (problems.length > 0) throw notSetUp(problems);
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return serverVersion ?? 'unknown';
  } finally {
    await connection.close();
  }
}

/** The address, TLS and API key of Temporal, read from the environment by the SDK's own rules. */
export function temporalFromEnvironment(env: NodeJS.ProcessEnv): { options: ConnectionOptions; namespace: string } {
  const overrideEnvVars = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: overrideEnvVars as Record<string, string>,
  });
  return { options: connectionOptions, namespace: namespace ?? 'default' };
}
