import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { withoutTemporalSettings } from '../src/cli/environment.js';
import { type Stack, type StackServer, startStack } from '../src/stack/index.js';

/** The servers of a test run, as the run sees them. */
export interface Servers {
  /** For the processes of the run: the addresses of these servers only, and the folder for temporary files. */
  readonly env: NodeJS.ProcessEnv;
  readonly servers: readonly StackServer[];
  /** The run's folder, which is removed when the servers stop. */
  readonly folder: string;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

export const say = (line: string): void => console.log(styleText('dim', line));

const withoutAddresses = (): NodeJS.ProcessEnv => {
  const { MYSQL_URL: _mysql, AMQP_URL: _amqp, TEMPORAL_ADDRESS: _temporal, ...env } = process.env;
  return withoutTemporalSettings(env);
};

function environment({ addresses }: Stack, folder: string): NodeJS.ProcessEnv {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  return {
    ...withoutAddresses(),
    // This folder is removed with the servers, so that a test that crashed leaves no files.
    TMPDIR: temporary,
    // Some three hundred processes load the same modules: each is compiled once.
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    TEST_MYSQL_URL: addresses.mysqlUrl,
    TEST_AMQP_URL: addresses.amqpUrl,
    TEST_RABBITMQ_API_URL: addresses.rabbitmqApiUrl,
    TEST_TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEST_TEMPORAL_UI_URL: addresses.temporalUiUrl,
  };
}

/**
 * Starts servers for `work` alone, and stops them however it ends.
 *
 * @param options.durable with the settings of production, which write each commit to the disk
 */
export async function withServers<T>(work: (servers: Servers) => Promise<T>, { durable = false } = {}): Promise<T> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));
  }
  const { signal } = interrupted;
  const folder = mkdtempSync(join(tmpdir(), 'order-bridge-test-'));
  say('Starting servers for the tests …');
  const stack = await startStack({
    dataDir: folder,
    env: withoutAddresses(),
    say,
    signal,
    temporary: true,
    ...(!durable && { durability: 'relaxed' }),
  });
  try {
    const result = await work({ env: environment(stack, folder), servers: stack.servers, folder, signal });
    signal.throwIfAborted();
    return result;
  } finally {
    await stack.stop();
  }
}
