import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

/** One part of a program's end. It is given the time that it has; what it does after that is not waited for. */
export type StopStep = readonly [what: string, step: (withinMs: number) => Promise<unknown>];

const SHARE_MS = 1_000;

/**
 * Takes each step in its order, whatever became of the one before: a step that takes too long leaves a second to each
 * that follows. All of them together end within `graceMs`.
 *
 * @returns whether each step ended well
 */
export async function stopInOrder(steps: readonly StopStep[], graceMs: number, log: Log): Promise<boolean> {
  const end = performance.now() + graceMs;
  const shareMs = Math.min(SHARE_MS, graceMs / steps.length);
  let well = true;
  for (const [index, [what, step]] of steps.entries()) {
    const reservedMs = (steps.length - 1 - index) * shareMs;
    try {
      await within(Math.max(end - performance.now() - reservedMs, 0), step);
    } catch (error) {
      well = false;
      log.warn({ what, reason: messageOf(error) }, 'did not stop as it should');
    }
  }
  return well;
}

/** The step itself has a little less, so that it can say what it cut. */
async function within(ms: number, step: StopStep[1]): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`not stopped within ${Math.round(ms)} ms`)), ms);
  });
  try {
    await Promise.race([step(ms * 0.9), late]);
  } finally {
    clearTimeout(limit);
  }
}
