import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackContext } from '../../src/stack/context.js';
import { identify } from '../../src/stack/process-id.js';

/** A Node program in a process of its own. */
export interface Program {
  readonly pid: number;
  /** The first message of the process. */
  readonly ready: unknown;
  readonly send: (message: object) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

/** @throws with the end of the process's log when it ends before its first message */
export async function startProgram(
  context: StackContext,
  options: { readonly name: string; readonly file: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Program> {
  const logFile = join(context.dataDir, 'logs', `${options.name}.log`);
  const log = openSync(logFile, 'a');
  const child = fork(options.file, [], {
    env: { ...context.env, NODE_ENV: 'production', ...options.env },
    execArgv: [],
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: the CPU time is counted by group.
    detached: true,
  });
  closeSync(log);
  const pid = child.pid ?? 0;
  const id = identify(pid);
  if (id !== undefined) context.reaper.send({ kind: 'watch', process: id });
  const ended = once(child, 'exit').then(() => context.reaper.send({ kind: 'unwatch', pid }));
  const [ready] = await Promise.race([
    once(child, 'message'),
    ended.then((): never => {
      throw new Error(`${options.name} ended before it was ready:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    }),
  ]);
  return {
    pid,
    ready,
    send: (message) => child.send(message),
    onMessage: (listener) => child.on('message', listener),
    async kill(signal) {
      child.kill(signal);
      // A stopped process would end only when it continues.
      child.kill('SIGCONT');
      await ended;
    },
  };
}
