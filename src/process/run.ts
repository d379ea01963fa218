import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig, secretsIn } from '../config/config.js';
import { CannotListen } from './cannot-listen.js';
import { createLog } from './log.js';
import { StartRefused } from './start-refused.js';
import { type StopStep, stopInOrder } from './stop.js';
import { stopAsked } from './stop-signals.js';

/** What a process is made of, in the order in which it stops. Each step is tried, whatever the one before did. */
export interface Running {
  /** Where it answers; told to a parent process that started it. */
  readonly url: string;
  /** Where operators are answered, in a process that has a listener for them. */
  readonly adminUrl?: string;
  /**
   * Reaches what the process depends on, however long that takes; it listens meanwhile, so that it is seen to live and
   * does what it can. Rejects with what waiting would not mend, and when `signal` aborts.
   */
  readonly connect?: () => Promise<unknown>;
  /** For so long it serves on after a stop was asked for, with `/readyz` 503: balancers look away meanwhile. */
  readonly drainMs?: number;
  readonly stop: readonly StopStep[];
}

export interface ProcessContext<K extends keyof Config> {
  readonly config: Pick<Config, K>;
  readonly log: Logger;
  /** True from the moment a shutdown began. */
  readonly stopping: () => boolean;
  /** Aborts at that moment. */
  readonly signal: AbortSignal;
}

/**
 * Runs one program, with the variables it needs, until SIGTERM or SIGINT, then stops it in its order and exits 0. What
 * stops it from connecting does the same, and exits 1. Started with an IPC channel, it says `{state, url, adminUrl}`
 * twice, `listening` and, once it has reached all that it needs, `ready`; and it stops when its parent is gone.
 */
export async function runProcess<K extends keyof Config>(
  name: string,
  variables: readonly K[],
  start: (context: ProcessContext<K>) => Promise<Running>,
): Promise<void> {
  const config = configOrExit([...variables, 'LOG_LEVEL', 'STOP_GRACE']);
  const log = createLog({
    name,
    level: config.LOG_LEVEL,
    secrets: [...secretsIn(config), process.env.TEMPORAL_API_KEY ?? ''],
  });
  const stopping = new AbortController();
  const asked = stopAsked();
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error) => {
      // Nobody reads the log any more, and a last line into a broken pipe would be tried for ever.
      if (!isBrokenPipe(error)) log.fatal({ err: error }, event);
      process.exit(1);
    });
  }

  const tellFailure = (error: unknown): void => {
    if (isForAPerson(error)) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, 'could not start');
  };

  const context = { config, log, stopping: () => stopping.signal.aborted, signal: stopping.signal };
  const starting = start(context).catch((error) => {
    tellFailure(error);
    process.exit(1);
  });
  const running = await Promise.race([starting, asked.then(() => undefined)]);
  if (running === undefined) process.exit(0);

  const { url, adminUrl, connect = async () => undefined } = running;
  const tell = (state: 'listening' | 'ready'): void => {
    log.info({ url, adminUrl }, state);
    // A parent that has gone meanwhile is told nothing, and its end stops this process.
    if (process.connected) process.send?.({ state, url, adminUrl }, undefined, undefined, () => undefined);
  };
  tell('listening');
  const failed = new Promise<string>((resolve) => {
    connect().then(
      () => stopping.signal.aborted || tell('ready'),
      (error) => {
        if (stopping.signal.aborted) return;
        tellFailure(error);
        process.exitCode = 1;
        resolve('could not start');
      },
    );
  });

  const reason = await Promise.race([asked, failed]);
  stopping.abort(new Error(reason));
  log.info({ reason }, 'stopping');
  if (process.exitCode === undefined) await sleep(running.drainMs ?? 0);
  const well = await stopInOrder(running.stop, config.STOP_GRACE, log);
  if (!well) process.exitCode = 1;
  log.info('stopped');
  process.exit();
}

/** What somebody set up wrongly: told in its own sentence, to whoever looks at the start. */
const isForAPerson = (error: unknown): error is Error =>
  [StartRefused, CannotListen, ConfigError].some((type) => error instanceof type);

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
