import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { OrderRefund } from '../domain/order-refund.js';
import type { OrderWorkflows } from './order-workflows.js';
import { createUnfinishedPages } from './unfinished-pages.js';

/** Starts under way at the same time. A rule of thumb. */
const AT_ONCE = 10;

/**
 * Starts the workflow of each refund of an order that the provider has still to make: a new one, one that a person has
 * asked for again, and one whose workflow was lost. A workflow that runs already is left alone. A refund that stays owed
 * is started again after growing pauses. An outage ends the turn.
 *
 * @param deps.required returns a page of at most `pageSize` refunds, which begins behind the given one
 * @returns a turn of the sweep, which returns how many refunds it started
 */
export function createOrderRefundsSweep(deps: {
  readonly required: (after?: OrderRefund) => Promise<readonly OrderRefund[]>;
  readonly pageSize: number;
  readonly workflows: Pick<OrderWorkflows, 'startOrderRefund'>;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { workflows, required: read, pageSize, now, log } = deps;
  const turn = createUnfinishedPages({ read, pageSize, keyOf, now });

  async function start(refund: OrderRefund): Promise<boolean> {
    try {
      return (await workflows.startOrderRefund(refund)) === 'started';
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error({ refundId: refund.refundId, reason: messageOf(error) }, 'refund of an order not started');
      return false;
    }
  }

  return (signal) =>
    turn(async (due, tried) => {
      const starts = await inParallel(due, AT_ONCE, async (refund) => {
        if (signal?.aborted) return false;
        const isStarted = await start(refund);
        tried(refund);
        return isStarted;
      });
      return starts.filter(Boolean).length;
    });
}

/** The key has the attempt: a refund that a person has asked for again is started without the pause of its first start. */
const keyOf = ({ refundId, attempt }: OrderRefund): string => `${refundId} ${attempt}`;
