import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig, secretsIn } from '../config/config.js';
import { CannotListen } from './cannot-listen.js';
import { createLog } from './log.js';
import { StartRefused } from './start-refused.js';
import { type StopStep, stopInOrder } from './stop.js';
import { stopAsked } from './stop-signals.js';

/** A started process. Its stop steps run in their order, also after a step that fails. */
export interface Running {
  /** The process's address. A parent process gets it by IPC. */
  readonly url: string;
  /** The address for operators, in a process that has a listener for them. */
  readonly adminUrl?: string;
  /**
   * Waits for the servers that the process depends on, without a time limit. The process listens meanwhile and does
   * what it can. Rejects with an error that waiting would not mend, and when `signal` aborts.
   */
  readonly connect?: () => Promise<unknown>;
  /**
   * After the signal to stop the process serves on for this time, with `/readyz` 503: load balancers take it out
   * meanwhile.
   */
  readonly drainMs?: number;
  readonly stop: readonly StopStep[];
}

export interface ProcessContext<K extends keyof Config> {
  readonly config: Pick<Config, K>;
  readonly log: Logger;
  /** True from the beginning of a shutdown. */
  readonly stopping: () => boolean;
  /** Aborts at the beginning of a shutdown. */
  readonly signal: AbortSignal;
}

/**
 * Runs a process with the variables that it needs. At SIGTERM or SIGINT the steps of its stop run, and the process
 * exits with 0. An error of `connect` runs the same steps, and the process exits with 1. With an IPC channel the
 * process sends `{state, url, adminUrl}` to its parent, first with `listening` and after `connect` with `ready`. It
 * stops when the parent is gone.
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
      // After a broken pipe no process reads the log, and each further line would cause this error again.
      if (!isBrokenPipe(error)) log.fatal({ err: error }, event);
      process.exit(1);
    });
  }

  const reportFailure = (error: unknown): void => {
    if (isForAPerson(error)) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, 'could not start');
  };

  const context = { config, log, stopping: () => stopping.signal.aborted, signal: stopping.signal };
  const starting = start(context).catch((error) => {
    reportFailure(error);
    process.exit(1);
  });
  const running = await Promise.race([starting, asked.then(() => undefined)]);
  if (running === undefined) process.exit(0);

  const { url, adminUrl, connect = async () => undefined } = running;
  const report = (state: 'listening' | 'ready'): void => {
    log.info({ url, adminUrl }, state);
    // The empty callback ignores that the parent is gone. Its end stops this process anyway.
    if (process.connected) process.send?.({ state, url, adminUrl }, undefined, undefined, () => undefined);
  };
  report('listening');
  const failed = new Promise<string>((resolve) => {
    connect().then(
      () => stopping.signal.aborted || report('ready'),
      (error) => {
        if (stopping.signal.aborted) return;
        reportFailure(error);
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

/** Errors of the setup. Their message alone goes to stderr, without a stack, for the person who starts the process. */
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
