import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, NotSetUp } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

/** The pauses double from the first to the longest. Rules of thumb: an answer is noticed within five seconds. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * Repeats `work` until it succeeds, with ever longer pauses of at most 5 s, and logs each failure.
 *
 * @param options.isAway whether waiting may mend an error
 * @throws an error that waiting would not mend, and the abort reason when the signal aborts
 */
export async function untilAvailable<T>(
  what: string,
  work: () => Promise<T>,
  options: { readonly isAway: (error: unknown) => boolean; readonly log: Log; readonly signal: AbortSignal },
): Promise<T> {
  const { isAway, log, signal } = options;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isAway(error)) throw error;
      const fields = { attempt, delayMs, reason: messageOf(error) };
      if (error instanceof NotSetUp) log.error(fields, `${what} is not set up yet`);
      else log.warn(fields, `${what} does not answer yet`);
    }
    await sleep(delayMs, undefined, { signal });
  }
}
