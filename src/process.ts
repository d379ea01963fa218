import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { TopologyMismatch } from './amqp/declare.js';
import { type Config, ConfigError, loadConfig, secretsIn } from './config.js';
import { messageOf } from './domain/errors.js';
import { createStrictServer } from './http/strict-server.js';
import { createLog } from './log.js';

/** What a process is made of, in the order in which it stops. Each step is tried, whatever the one before did. */
export interface Running {
  /** Where it answers; told to a parent process that started it. */
  readonly url: string;
  /** Where operators are answered, in a process that has a listener for them. */
  readonly adminUrl?: string;
  readonly stop: readonly (readonly [what: string, step: () => Promise<unknown>])[];
}

export interface ProcessContext<K extends keyof Config> {
  readonly config: Pick<Config, K>;
  readonly log: Logger;
  /** True from the moment a shutdown began. */
  readonly stopping: () => boolean;
}

const STOP_TIMEOUT_MS = 30_000;

/**
 * Runs one program, with the variables it needs, until SIGTERM or SIGINT, then stops it in its order and exits 0. Started with an IPC channel, it
 * says `{ready, url, adminUrl}` when it serves, and stops when its parent is gone.
 */
export async function runProcess<K extends keyof Config>(
  name: string,
  variables: readonly K[],
  start: (context: ProcessContext<K>) => Promise<Running>,
): Promise<void> {
  const config = configOrExit([...variables, 'LOG_LEVEL']);
  const log = createLog({
    name,
    level: config.LOG_LEVEL,
    secrets: [...secretsIn(config), process.env.TEMPORAL_API_KEY ?? ''],
  });
  let stopping = false;
  let running: Running | undefined;
  const asked = new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('disconnect', () => resolve('the parent process is gone'));
  });
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error) => {
      // Nobody reads the log any more, and a last line into a broken pipe would be tried for ever.
      if (!isBrokenPipe(error)) log.fatal({ err: error }, event);
      process.exit(1);
    });
  }

  try {
    running = await Promise.race([start({ config, log, stopping: () => stopping }), asked.then(() => undefined)]);
  } catch (error) {
    if (error instanceof TopologyMismatch) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
  if (running === undefined) process.exit(0);
  const { url, adminUrl } = running;
  log.info({ url, adminUrl }, 'ready');
  process.send?.({ ready: true, url, adminUrl });

  const reason = await asked;
  stopping = true;
  log.info({ reason }, 'stopping');
  setTimeout(() => {
    log.error(`not stopped within ${STOP_TIMEOUT_MS} ms`);
    process.exit(1);
  }, STOP_TIMEOUT_MS).unref();
  for (const [what, step] of running.stop) {
    try {
      await step();
    } catch (error) {
      log.warn({ what, reason: messageOf(error) }, 'did not stop as it should');
    }
  }
  log.info('stopped');
  process.exit(0);
}

const isBrokenPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE';

function configOrExit<K extends keyof Config>(variables: readonly K[]): Pick<Config, K> {
  try {
    return loadConfig(process.env, variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Serves on `port` (0 for any free one). @throws when the port is taken, naming it */
export async function listen(
  app: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createStrictServer(app);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return { server, url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}` };
}

/** Accepts no more, and resolves when the requests under way are answered; idle connections are closed at once. */
export async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
}
