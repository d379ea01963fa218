import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { CancelReason, OrderView } from '../domain/order.js';
import { createGrowingPauses } from './growing-pauses.js';
import type { OrderWorkflows } from './order-workflows.js';
import { standingOfEnded } from './standing.js';

/** An order that has ended: paid by the payment, or canceled. */
export interface EndedOrder {
  readonly orderId: string;
  readonly paymentId: string | null;
  readonly cancelReason: CancelReason | null;
}

/** Reports under way at the same time: Temporal ends some thirty orders a second on two cores. */
const SWEPT_AT_ONCE = 10;

/**
 * Reports the ends of orders whose first report was lost: the process died, Temporal was away, or too many reports were
 * under way. An outage ends the turn. An order whose report fails is logged and does not stop the other reports. Such a
 * report is repeated after growing pauses, since the report may fail for good.
 *
 * @returns a turn of the sweep, which returns how many ends it reported
 */
export function createReportsSweep(deps: {
  readonly due: () => Promise<readonly EndedOrder[]>;
  readonly workflows: Pick<OrderWorkflows, 'reportPayment' | 'requestCancel'>;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
  readonly reported: (orderId: string) => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { workflows, log } = deps;
  const pauses = createGrowingPauses(deps);

  async function report({ orderId, paymentId, cancelReason }: EndedOrder): Promise<boolean> {
    try {
      const order = await deps.findOrder(orderId);
      const decided = order && standingOfEnded(order, paymentId);
      if (order && paymentId !== null) await workflows.reportPayment(order, { paymentId, ...decided });
      if (order && cancelReason !== null) await workflows.requestCancel(order, { reason: cancelReason, ...decided });
      await deps.reported(orderId);
      return true;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      pauses.tried(orderId);
      log.error({ orderId, reason: messageOf(error) }, 'end of the order not reported to Temporal');
      return false;
    }
  }

  return async (signal) => {
    const due = await deps.due();
    pauses.keepOnly(new Set(due.map(({ orderId }) => orderId)));
    const reports = await inParallel(
      due.filter(({ orderId }) => !pauses.isPaused(orderId)),
      SWEPT_AT_ONCE,
      async (order) => !signal?.aborted && (await report(order)),
    );
    return reports.filter(Boolean).length;
  };
}
