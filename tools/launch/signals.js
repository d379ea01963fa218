import { constants } from 'node:os';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The signals that ask this process to end: they abort the preparation, then go to the program. */
export function catchSignals() {
  const preparation = new AbortController();
  const listeners = new Set();
  let first;
  for (const name of names) {
    process.on(name, () => {
      first ??= name;
      preparation.abort();
      for (const listener of listeners) listener(name);
    });
  }
  return {
    signal: preparation.signal,
    /** The exit code that the signal received during the preparation stands for. */
    exitCode: () => (first === undefined ? 1 : 128 + constants.signals[first]),
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
