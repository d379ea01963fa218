import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { markerVariable } from '../src/stack/process-id.js';
import { stopMarked } from '../src/stack/processes.js';

export interface GroupOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  readonly stderr: 'inherit' | 'ignore';
}

const GRACE_MS = 5_000;

/**
 * Runs this Node with `args` in its own process group, so that a stop also ends the processes that it has started.
 *
 * @returns its exit code; `null` when a signal ended it
 */
export async function runInGroup(args: readonly string[], options: GroupOptions): Promise<number | null> {
  const { cwd, env, signal, onLine, stderr } = options;
  signal.throwIfAborted();
  const marker = `group-${randomUUID()}`;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...env, [markerVariable]: marker },
    stdio: ['ignore', 'pipe', stderr],
    detached: true,
  });
  const closed = new Promise<number | null>((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => done(code));
  });
  // The system does not reuse the group's number before the leader's exit is read.
  const signalGroup = (name: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), name);
  };
  let insist: NodeJS.Timeout | undefined;
  const onAbort = () => {
    signalGroup('SIGTERM');
    insist = setTimeout(() => {
      signalGroup('SIGKILL');
      // A process that runs longer than its leader may keep the pipe open.
      child.stdout.destroy();
    }, GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  const code = await closed;
  clearTimeout(insist);
  signal.removeEventListener('abort', onAbort);
  // A test runner that crashes leaves its workers running.
  await stopMarked(marker, 0);
  return code;
}
