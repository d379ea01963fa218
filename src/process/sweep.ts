import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

export interface Sweep {
  /** Aborts the run under way, and resolves when the run has ended. */
  readonly stop: () => Promise<void>;
}

/** A turn over a large backlog may take minutes. The log names a longer turn, which may never end. A rule of thumb. */
const LONG_TURN_MS = 5 * 60_000;

/**
 * Repeats `work` until the stop, one run at a time. A sweep does what a crash or an outage left undone. A run that
 * fails is logged, and the next turn retries. A run that takes long is logged every `longMs` until it ends.
 *
 * @param everyMs the pause between two runs
 * @param work gets a signal that aborts at the stop, so that a run over many orders can end between two of them
 */
export function startSweep(
  name: string,
  everyMs: number,
  log: Log,
  work: (signal: AbortSignal) => Promise<unknown>,
  longMs = LONG_TURN_MS,
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
