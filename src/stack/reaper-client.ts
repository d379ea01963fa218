import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { markerVariable, type ProcessId } from './process-id.js';

export type ReaperMessage =
  | { kind: 'marker'; marker: string }
  | { kind: 'watch'; process: ProcessId }
  | { kind: 'unwatch'; pid: number }
  /** A command that the reaper runs when the owner dies, after the servers have stopped. */
  | { kind: 'command'; argv: readonly string[]; env: Record<string, string> }
  /** A file or folder that the reaper removes when the owner dies, after the servers have stopped. */
  | { kind: 'remove'; path: string }
  | { kind: 'keep'; path: string }
  /** The owner has stopped everything itself. */
  | { kind: 'dismiss' };

export interface ReaperClient {
  readonly pid: number | undefined;
  send(message: ReaperMessage): void;
  dismiss(): Promise<void>;
}

/** Starts the reaper: a process that stops this stack's servers when this process dies without stopping them. */
export function startReaper(marker: string): ReaperClient {
  // This process may carry a marker itself. Who stops the processes of that marker must not stop this reaper.
  const { [markerVariable]: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper.js')], {
    // A session of its own: the terminal's Ctrl-C would otherwise end the reaper as well.
    detached: true,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // The end of the reaper must not end this process: the next start recovers without a reaper as well.
  child.stdin.on('error', () => undefined);
  const send = (message: ReaperMessage) => child.stdin.write(`${JSON.stringify(message)}\n`);
  send({ kind: 'marker', marker });
  return {
    pid: child.pid,
    send,
    async dismiss() {
      send({ kind: 'dismiss' });
      child.stdin.end();
      await gone;
    },
  };
}
