import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { markerVariable, type ProcessId } from './process-id.js';

export type ReaperMessage =
  | { kind: 'marker'; marker: string }
  | { kind: 'watch'; process: ProcessId }
  | { kind: 'unwatch'; pid: number }
  /** Run when the owner dies, after the servers have stopped. */
  | { kind: 'command'; argv: readonly string[]; env: Record<string, string> }
  /** A file or folder, removed when the owner dies, after the servers have stopped. */
  | { kind: 'remove'; path: string }
  | { kind: 'keep'; path: string }
  /** The owner has stopped everything itself. */
  | { kind: 'dismiss' };

export interface ReaperClient {
  readonly pid: number | undefined;
  tell(message: ReaperMessage): void;
  dismiss(): Promise<void>;
}

/** Starts the process that stops this stack's servers should this process die without doing so. */
export function startReaper(marker: string): ReaperClient {
  // A mark that this process itself carries is for those who end it: the reaper's work begins then.
  const { [markerVariable]: _, ...env } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper.js')], {
    // A session of its own, or the terminal's Ctrl-C would end it together with those it watches for.
    detached: true,
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // Without a reaper the next start still recovers, so its end must not become this process's end.
  child.stdin.on('error', () => undefined);
  const tell = (message: ReaperMessage) => child.stdin.write(`${JSON.stringify(message)}\n`);
  tell({ kind: 'marker', marker });
  return {
    pid: child.pid,
    tell,
    async dismiss() {
      tell({ kind: 'dismiss' });
      child.stdin.end();
      await gone;
    },
  };
}
