import { constants } from 'node:os';

/** A rule of thumb: a person who sees no line for longer takes the command for stuck. */
const EVERY_MS = 5_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Progress {
  /** Sets the work to report from now on. */
  readonly become: (line: string) => void;
  readonly stop: () => void;
}

/**
 * Reports the current work and its duration every few seconds, also while a single step takes long, and at Ctrl-C. Short
 * work reports nothing.
 *
 * @param options.again what to do after Ctrl-C
 */
export function startProgress(
  say: (line: string) => void,
  { everyMs = EVERY_MS, again }: { readonly everyMs?: number; readonly again?: string } = {},
): Progress {
  const since = performance.now();
  let doing: string | undefined;
  const timer = setInterval(() => {
    if (doing !== undefined) say(`${doing} (after ${Math.round((performance.now() - since) / 1_000)} s)`);
  }, everyMs);

  function interrupted(signal: (typeof SIGNALS)[number]): void {
    say([`Stopped by ${signal}${doing === undefined ? '' : `: ${doing}`}.`, ...(again ? [again] : [])].join(' '));
    // Without another listener nothing else ends the process, since this listener has replaced the usual end.
    if (process.listenerCount(signal) === 0) process.exit(128 + constants.signals[signal]);
  }

  for (const signal of SIGNALS) process.once(signal, interrupted);
  return {
    become(line) {
      doing = line;
    },
    stop() {
      clearInterval(timer);
      for (const signal of SIGNALS) process.off(signal, interrupted);
    },
  };
}
