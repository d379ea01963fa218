import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

export interface Sweep {
  /** Aborts the run under way, and resolves when the run has ended. */
  readonly stop: () => Promise<void>;
}

/** A turn over a large backlog may last as long; a turn that never ends is then seen in the log. */
const LONG_MS = 5 * 60_000;

/**
 * Does `work` again and again, one run at a time, until stopped: the safety net under everything that is done at
 * once when all is well. A run that fails is logged and tried again at the next turn; a run that lasts long is logged
 * again and again until it ends.
 *
 * @param work is given a signal that aborts at the stop: a run of thousands ends between two of its pieces
 */
export function startSweep(
  name: string,
  everyMs: number,
  log: Log,
  work: (signal: AbortSignal) => Promise<unknown>,
  longMs = LONG_MS,
): Sweep {
  const stopping = new AbortController();
  const running = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const since = performance.now();
      const long = setInterval(() => {
        log.warn({ sweep: name, seconds: Math.round((performance.now() - since) / 1_000) }, 'sweep has not ended yet');
      }, longMs);
      try {
        await work(stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ sweep: name, reason: messageOf(error) }, 'sweep failed, will run again');
      } finally {
        clearInterval(long);
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
