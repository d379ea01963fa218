/**
 * A single stop may send several signals: a platform signals every process of a group, and npm passes the signal on
 * too. A rule of thumb: all of them arrive within a second.
 */
const SAME_STOP_MS = 1_000;

/** The part of `process` that is used here. */
export interface SignalSource {
  readonly pid: number;
  on(event: NodeJS.Signals | 'disconnect', listener: () => void): unknown;
  removeListener(event: NodeJS.Signals, listener: () => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

/**
 * Resolves with the reason when a stop is asked for: SIGTERM, SIGINT, or the end of the parent process. Signals within
 * a second after that belong to the same stop. A later signal ends the process at once, as a signal without a listener
 * does.
 */
export function stopAsked(source: SignalSource = process, now = () => performance.now()): Promise<string> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const ask = (reason: string): void => {
      askedAt ??= now();
      resolve(reason);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const listener = (): void => {
        if (askedAt === undefined || now() - askedAt < SAME_STOP_MS) {
          ask(signal);
          return;
        }
        source.removeListener(signal, listener);
        source.kill(source.pid, signal);
      };
      source.on(signal, listener);
    }
    source.on('disconnect', () => ask('the parent process is gone'));
  });
}
