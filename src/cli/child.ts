import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError } from './command-error.js';

export type ProcessName = 'api' | 'bridge' | 'worker' | 'provider-simulator';

/** The message of a child process to its parent. */
interface StateMessage {
  readonly state: 'listening' | 'ready';
  readonly url: string;
  readonly adminUrl?: string;
}

/** A started API, bridge, worker or payment simulator. */
export interface Child {
  readonly name: string;
  readonly url: string;
  /** The operators' listener; only of the API. */
  readonly adminUrl?: string;
  readonly pid: number;
  /** Sends SIGTERM, and resolves when the process has ended. */
  readonly stop: () => Promise<void>;
  /** Sends SIGKILL, as in a crash. */
  readonly kill: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** Resolves at the end of the process with the exit code or the signal, in words. */
  readonly ended: Promise<string>;
}

/**
 * Starts a child process and resolves when the child is ready. The child stops by itself when this process dies.
 *
 * @throws {CommandError} when the child ends before it is ready, with the last lines of its log
 */
export async function startChild(
  processName: ProcessName,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly logFile: string;
    readonly name?: string;
    /** Stops the child at an abort before the child is ready; afterwards the caller stops the child. */
    readonly signal?: AbortSignal;
    /** Arguments of Node; by default those of this process. */
    readonly execArgv?: string[];
    /** `listening` resolves when the child answers, also while its servers are away. Default: `ready`. */
    readonly awaited?: 'listening' | 'ready';
  },
): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  // The child writes into the file itself. A pipe through this process would break when this process dies, and would
  // block the child.
  const log = openSync(options.logFile, 'a');
  const from = fstatSync(log).size;
  const child = fork(fileURLToPath(new URL(`../${processName}.js`, import.meta.url)), {
    env: options.env,
    ...(options.execArgv && { execArgv: options.execArgv }),
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: at Ctrl-C this process stops its children one after the other, in the right order.
    detached: true,
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code, signal]) => `${processName} ended (${signal ?? code})`);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isRunning()) child.kill(signal);
    await ended;
  };
  const interrupt = (): void => void end('SIGTERM');
  options.signal?.addEventListener('abort', interrupt);
  const { awaited = 'ready' } = options;
  const reached = new Promise<StateMessage>((resolve) => {
    child.on('message', (message: StateMessage) => message.state === awaited && resolve(message));
  });
  const { url, adminUrl } = await Promise.race([reached, ended.then((how) => failed(how, options.logFile, from))]);
  options.signal?.removeEventListener('abort', interrupt);
  return {
    name: options.name ?? processName,
    url,
    ...(adminUrl && { adminUrl }),
    pid: child.pid ?? 0,
    isRunning,
    ended,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function failed(how: string, logFile: string, from: number): never {
  const log = readFileSync(logFile).subarray(from).toString('utf8');
  throw new CommandError(`${how} before it was ready; its log is ${logFile}\n${log.slice(-2_000)}`);
}
