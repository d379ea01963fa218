import { constants } from 'node:os';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const parentEveryMs = 300;

/** npm signals the shell between it and this process, and that ends without passing it on: its end is the signal. */
function onShellGone(act) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, parentEveryMs);
  timer.unref();
}

/** The signals that ask this process to end: they abort the preparation, then go to the program. */
export function catchSignals() {
  const preparation = new AbortController();
  const listeners = new Set();
  let first;
  const receive = (name) => {
    first ??= name;
    preparation.abort();
    for (const listener of listeners) listener(name);
  };
  for (const name of names) process.on(name, receive);
  onShellGone(() => receive('SIGTERM'));
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
