import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError } from './command-error.js';

export type Program = 'api' | 'bridge' | 'worker' | 'provider-simulator';

/** The message of a program to the process that started it. */
interface ProgramMessage {
  readonly state: 'listening' | 'ready';
  readonly url: string;
  readonly adminUrl?: string;
}

/** One of our programs as a process of its own. */
export interface Child {
  readonly name: string;
  readonly url: string;
  /** The operators' listener; only of the API. */
  readonly adminUrl?: string;
  readonly pid: number;
  /** Sends SIGTERM, and resolves when the program has stopped in an orderly way. */
  readonly stop: () => Promise<void>;
  /** Sends SIGKILL, as in a crash. */
  readonly kill: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** Resolves at the program's end with its exit code or signal, in words. */
  readonly ended: Promise<string>;
}

/**
 * Starts a program and resolves when it is ready. The program stops by itself when this process dies.
 *
 * @throws {CommandError} when the program ends before it is ready, with the last lines of its log
 */
export async function startChild(
  program: Program,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly logFile: string;
    readonly name?: string;
    /** Stops the program at an abort before the program is ready; afterwards the caller stops it. */
    readonly signal?: AbortSignal;
    /** Arguments of Node; by default those of this process. */
    readonly execArgv?: string[];
    /** `listening` resolves when the program answers, also while its servers are away. Default: `ready`. */
    readonly awaited?: 'listening' | 'ready';
  },
): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  // The program writes into the file itself: a pipe through this process would break, and block the program, when this
  // process dies.
  const log = openSync(options.logFile, 'a');
  const from = fstatSync(log).size;
  const child = fork(fileURLToPath(new URL(`../${program}.js`, import.meta.url)), {
    env: options.env,
    ...(options.execArgv && { execArgv: options.execArgv }),
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: at Ctrl-C this process stops the programs one after the other, in the right order.
    detached: true,
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code, signal]) => `${program} ended (${signal ?? code})`);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isRunning()) child.kill(signal);
    await ended;
  };
  const interrupt = (): void => void end('SIGTERM');
  options.signal?.addEventListener('abort', interrupt);
  const { awaited = 'ready' } = options;
  const reached = new Promise<ProgramMessage>((resolve) => {
    child.on('message', (message: ProgramMessage) => message.state === awaited && resolve(message));
  });
  const { url, adminUrl } = await Promise.race([reached, ended.then((how) => failed(how, options.logFile, from))]);
  options.signal?.removeEventListener('abort', interrupt);
  return {
    name: options.name ?? program,
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
