import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError } from './command-error.js';

export type Program = 'api' | 'bridge' | 'worker' | 'provider-simulator';

/** What a program says to the process that started it. */
interface Told {
  readonly state: 'listening' | 'ready';
  readonly url: string;
  readonly adminUrl?: string;
}

/** One of our programs as a process of its own. */
export interface Child {
  readonly name: string;
  readonly url: string;
  /** Of the API alone: the operators' listener. */
  readonly adminUrl?: string;
  readonly pid: number;
  /** SIGTERM, and resolves when it has stopped in its own order. */
  readonly stop: () => Promise<void>;
  /** SIGKILL: what a crash looks like. */
  readonly kill: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** Resolves with how it ended, whoever ended it. */
  readonly ended: Promise<string>;
}

/**
 * Starts a program and resolves when it serves and has reached all that it needs. It stops by itself when this process
 * dies.
 *
 * @throws {CommandError} when it ends before it serves, with the last lines it wrote
 */
export async function startChild(
  program: Program,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly logFile: string;
    readonly name?: string;
    /** Ends the program when it aborts before the program serves; from then on its caller stops it in its order. */
    readonly signal?: AbortSignal;
    /** Arguments of Node, those of this process if not given. */
    readonly execArgv?: string[];
    /** `listening`: resolves earlier, when it answers, whatever else is away. */
    readonly awaited?: 'listening' | 'ready';
  },
): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  // Straight into the file: a log that went through this process would break, and hang its writer, when this one dies.
  const log = openSync(options.logFile, 'a');
  const from = fstatSync(log).size;
  const child = fork(fileURLToPath(new URL(`../${program}.js`, import.meta.url)), {
    env: options.env,
    ...(options.execArgv && { execArgv: options.execArgv }),
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: Ctrl-C reaches it through its parent, in the right order, not all at once.
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
  const told = new Promise<Told>((resolve) => {
    child.on('message', (message: Told) => message.state === awaited && resolve(message));
  });
  const { url, adminUrl } = await Promise.race([told, ended.then((how) => failed(how, options.logFile, from))]);
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
  const said = readFileSync(logFile).subarray(from).toString('utf8');
  throw new CommandError(`${how} before it was ready; its log is ${logFile}\n${said.slice(-2_000)}`);
}
