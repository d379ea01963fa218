import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { OrderWorkflows } from './order-workflows.js';
import { createUnfinishedPages } from './unfinished-pages.js';

interface MovedDeadline {
  readonly orderId: string;
  readonly expiresAt: Date;
}

/** Signals under way at the same time. A rule of thumb. */
const AT_ONCE = 10;

/**
 * Reports moved deadlines whose first report was lost: the process died, Temporal was away, or a command without Temporal
 * moved them. Until then a workflow waits for the old deadline, and then asks the database. An outage ends the turn.
 *
 * @param deps.moved returns a page of at most `pageSize` moves, which begins behind the given one
 * @returns a turn of the sweep, which returns how many deadlines it reported
 */
export function createDeadlinesSweep<M extends MovedDeadline>(deps: {
  readonly moved: (after?: M) => Promise<readonly M[]>;
  readonly pageSize: number;
  readonly workflows: Pick<OrderWorkflows, 'reportDeadline'>;
  readonly forgetMove: (move: MovedDeadline) => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { workflows, moved: read, pageSize, now, log } = deps;
  const turn = createUnfinishedPages({ read, pageSize, keyOf: ({ orderId }) => orderId, now });

  async function report({ orderId, expiresAt }: M): Promise<boolean> {
    try {
      await workflows.reportDeadline(orderId, { expiresAt: expiresAt.toISOString() });
      await deps.forgetMove({ orderId, expiresAt });
      return true;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error({ orderId, reason: messageOf(error) }, 'moved deadline not reported to Temporal');
      return false;
    }
  }

  return (signal) =>
    turn(async (due, tried) => {
      const reports = await inParallel(due, AT_ONCE, async (move) => {
        if (signal?.aborted) return false;
        const isReported = await report(move);
        if (!isReported) tried(move);
        return isReported;
      });
      return reports.filter(Boolean).length;
    });
}
