import { constants } from 'node:os';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const parentEveryMs = 300;

/**
 * npm signals the shell between npm and this process. The shell ends without forwarding the signal, so its end counts.
 */
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

/** The signals that ask this process to end: they abort the preparation, then go to the command. */
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
    /** The exit code for a signal that was received during the preparation. */
    exitCode: () => (first === undefined ? 1 : 128 + constants.signals[first]),
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
