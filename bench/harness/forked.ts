import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A program of a benchmark in a process of its own, so that its CPU time is apart. */
export interface Forked {
  readonly pid: number;
  /** What the program has sent when it was ready. */
  readonly ready: unknown;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a compiled program and waits for its first message. The program ends at SIGTERM.
 *
 * @throws when the program ends before its first message
 */
export async function forked(
  program: URL,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Forked> {
  // A group of its own: the CPU time is counted by group.
  const child = fork(program, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
  const ended = once(child, 'exit');
  const [ready] = await Promise.race([
    once(child, 'message'),
    ended.then(([code]): never => {
      throw new Error(`${program.pathname} ended with exit code ${code} before it was ready`);
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    ready,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** For the program: its first message, and its end at SIGTERM or with its parent. */
export async function readyUntilStopped(message: unknown): Promise<void> {
  process.send?.(message);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'disconnect')]);
  if (process.connected) process.disconnect();
}
