import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * Does `work` again until what it needs is there, after ever longer pauses, and tells each failure.
 *
 * @param options.isAway whether waiting may mend an error
 * @throws what waiting would not mend, and once the signal has aborted
 */
export async function whenThere<T>(
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
      log.warn({ attempt, delayMs, reason: messageOf(error) }, `${what} does not answer yet`);
    }
    await sleep(delayMs, undefined, { signal });
  }
}
