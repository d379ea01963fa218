import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { CancelReason, OrderView } from '../domain/order.js';
import type { OrderWorkflows } from './order-workflows.js';
import { standingOfEnded } from './standing.js';
import { createUnfinishedPages } from './unfinished-pages.js';

/** An order that has ended: paid by the payment, canceled, or paid without a payment because the order costs nothing. */
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
 * @param deps.due returns a page of at most `pageSize` orders, which begins behind the given order
 * @returns a turn of the sweep, which returns how many ends it reported
 */
export function createReportsSweep<E extends EndedOrder>(deps: {
  readonly due: (after?: E) => Promise<readonly E[]>;
  readonly pageSize: number;
  readonly workflows: Pick<OrderWorkflows, 'reportPayment' | 'requestCancel' | 'startOrder'>;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
  readonly reported: (orderId: string) => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { workflows, due: read, pageSize, now, log } = deps;
  const turn = createUnfinishedPages({ read, pageSize, keyOf: ({ orderId }) => orderId, now });

  async function report({ orderId, paymentId, cancelReason }: E): Promise<boolean> {
    try {
      const order = await deps.findOrder(orderId);
      if (order !== undefined) await reportEnd(order, { paymentId, cancelReason });
      await deps.reported(orderId);
      return true;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error({ orderId, reason: messageOf(error) }, 'end of the order not reported to Temporal');
      return false;
    }
  }

  /** A workflow that records an order which costs nothing finds the order paid, so a start is its report. */
  async function reportEnd(
    order: OrderView,
    { paymentId, cancelReason }: Pick<E, 'paymentId' | 'cancelReason'>,
  ): Promise<unknown> {
    const decided = standingOfEnded(order, paymentId);
    if (paymentId !== null) return await workflows.reportPayment(order, { paymentId, ...decided });
    if (cancelReason !== null) return await workflows.requestCancel(order, { reason: cancelReason, ...decided });
    return await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
  }

  return (signal) =>
    turn(async (due, tried) => {
      const reports = await inParallel(due, SWEPT_AT_ONCE, async (order) => {
        if (signal?.aborted) return false;
        const isReported = await report(order);
        if (!isReported) tried(order);
        return isReported;
      });
      return reports.filter(Boolean).length;
    });
}
