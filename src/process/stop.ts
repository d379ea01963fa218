import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { withTimeout } from '../domain/with-timeout.js';

/** A step of a process's stop. After `withinMs` milliseconds the stop continues with the next step. */
export type StopStep = readonly [what: string, step: (withinMs: number) => Promise<unknown>];

/** The time that each later step gets, or less when `graceMs` is short. A rule of thumb. */
const SHARE_MS = 1_000;

/**
 * Runs the steps in their order, also after a step that fails. A step that takes too long leaves a second to each step
 * after it. The last step ends within `graceMs`.
 *
 * @returns whether each step succeeded in its time
 */
export async function stopInOrder(steps: readonly StopStep[], graceMs: number, log: Log): Promise<boolean> {
  const end = performance.now() + graceMs;
  const shareMs = Math.min(SHARE_MS, graceMs / steps.length);
  let well = true;
  for (const [index, [what, step]] of steps.entries()) {
    const reservedMs = (steps.length - 1 - index) * shareMs;
    try {
      const ms = Math.max(end - performance.now() - reservedMs, 0);
      // The step gets 90% of the time, so that its own error, which names what it cut, comes before this time-out.
      await withTimeout(step(ms * 0.9), ms, () => new Error(`not stopped within ${Math.round(ms)} ms`));
    } catch (error) {
      well = false;
      log.warn({ what, reason: messageOf(error) }, 'did not stop as it should');
    }
  }
  return well;
}
