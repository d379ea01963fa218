import { setTimeout as sleep } from 'node:timers/promises';

/** Work that can wait goes on after this time, in case the urgent work hangs. A rule of thumb. */
const LONGEST_WAIT_MS = 10_000;

/** Lets work that can wait stand back while urgent work of the same process is under way. */
export function createPrecedence(longestWaitMs = LONGEST_WAIT_MS): {
  /** Runs urgent work, one at a time. */
  readonly urgent: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when no urgent work is under way, after ten seconds, or at the abort. */
  readonly standBack: (signal: AbortSignal) => Promise<void>;
} {
  let underWay: AbortSignal | undefined;
  return {
    async urgent(work) {
      const end = new AbortController();
      underWay = end.signal;
      try {
        return await work();
      } finally {
        underWay = undefined;
        end.abort();
      }
    },
    async standBack(signal) {
      if (underWay === undefined) return;
      const waited = sleep(longestWaitMs, undefined, { signal: AbortSignal.any([signal, underWay]) });
      await Promise.allSettled([waited]);
    },
  };
}
