import type { Customer } from '../domain/customer.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { KnownWorkflows } from './known-workflows.js';
import type { OrderWorkflows } from './order-workflows.js';

/** An open order before its deadline. `aged`: recorded, or else published, so long ago that its workflow must exist. */
interface OpenOrder {
  readonly orderId: string;
  readonly userId: Customer;
  readonly amount: number;
  readonly currency: string;
  readonly reference: string | null;
  readonly expiresAt: Date;
  readonly recorded: boolean;
  readonly aged: boolean;
  readonly ended: boolean;
}

/** The part of the database that the reconciler uses. */
export interface OpenOrders {
  /** The open orders behind `after`, in the order of their deadlines. */
  readonly inTime: (options: {
    readonly minAgeMs: number;
    readonly after: OpenOrder | undefined;
    readonly limit: number;
  }) => Promise<OpenOrder[]>;
  readonly closeEnded: (orderIds: readonly string[]) => Promise<void>;
  readonly isPlaced: (orderId: string) => Promise<boolean>;
}

/** Orders in one query of the database, and so in at most five queries of Temporal. */
const SLICE = 1_000;
/** Starts at the same time: a system that lost its Temporal must not overload the new one. A rule of thumb. */
const AT_ONCE = 10;

/**
 * Starts a workflow for each open order without one. Temporal may have lost its data, an operator may have terminated
 * the workflow, the broker may have lost the message, or the database may be restored to an earlier moment. The
 * workflow then follows the database, as every workflow does, also where the run before had ended. Overdue orders are
 * not handled here: the database's own sweep ends them.
 *
 * A turn handles slice after slice of the open orders, by deadline, until `turnMs` are over. The next turn continues
 * behind the last slice. An outage ends the turn, and the next turn handles the slice again.
 *
 * @param deps.minAgeMs how old an order must be: the message of a younger order may still be on its way
 * @returns a turn, which returns how many workflows it started
 */
export function createReconciler(deps: {
  readonly orders: OpenOrders;
  readonly workflows: Pick<OrderWorkflows, 'startOrder' | 'startOrderAnew'> &
    Pick<KnownWorkflows, 'runningAmong' | 'lastRun'>;
  /** Messages that wait in the queue of new orders. */
  readonly waiting: () => Promise<number>;
  readonly minAgeMs: number;
  readonly turnMs: number;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { orders, workflows, minAgeMs, now, log } = deps;
  let after: OpenOrder | undefined;

  async function lookAfter(slice: readonly OpenOrder[], signal: AbortSignal | undefined): Promise<number> {
    await orders.closeEnded(slice.filter(({ ended }) => ended).map(({ orderId }) => orderId));
    const due = slice.filter(({ aged, ended }) => aged && !ended);
    const running = due.length > 0 ? await workflows.runningAmong(due.map(({ orderId }) => orderId)) : new Set();
    const missing = due.filter(({ orderId }) => !running.has(orderId));
    const unread = await withoutMessage(missing.filter(({ recorded }) => !recorded));
    const lost = [...missing.filter(({ recorded }) => recorded), ...unread];
    const started = await inParallel(lost, AT_ONCE, async (order) => !signal?.aborted && (await attempt(order)));
    return started.filter(Boolean).length;
  }

  /**
   * The orders whose messages are lost. As many of the youngest orders as messages wait in the queue are left out,
   * because their messages may be among those. In an outage of the broker every message may still be in the queue.
   */
  async function withoutMessage(unread: readonly OpenOrder[]): Promise<OpenOrder[]> {
    if (unread.length === 0) return [];
    const waiting = await deps.waiting().catch((error: unknown) => {
      if (isUnavailable(error)) return Number.POSITIVE_INFINITY;
      throw error;
    });
    if (waiting > 0) log.debug({ orders: unread.length, waiting }, 'orders whose messages wait in the queue');
    // The ids are in the order of the checkouts.
    return unread.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1)).slice(0, Math.max(0, unread.length - waiting));
  }

  /** An error of one order does not stop the others. An outage of Temporal ends the turn. */
  async function attempt(order: OpenOrder): Promise<boolean> {
    try {
      return await start(order);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error({ orderId: order.orderId, reason: messageOf(error) }, 'order not started again, will be tried again');
      return false;
    }
  }

  async function start({ orderId, userId, amount, currency, reference, expiresAt }: OpenOrder): Promise<boolean> {
    const until = { expiresAt: expiresAt.toISOString() };
    const input = { orderId, userId, amount, currency, ...until, ...(reference !== null && { reference }) };
    if ((await workflows.startOrder(input)) === 'started') {
      log.warn({ orderId }, 'no workflow ran for this order, it was started again');
      return true;
    }
    const { running, ended } = await workflows.lastRun(orderId);
    if (running || !(await orders.isPlaced(orderId))) return false;
    // A workflow's result decides nothing: every client of Temporal can send a signal that ends a workflow. After a
    // restore, `orders audit --repair --since` cancels again what a person knows to be canceled.
    if ((await workflows.startOrderAnew(input)) !== 'started') return false;
    const fields = { orderId, expiresAt, endedAs: ended?.status };
    const again = 'this order had ended and was placed again, as after a restore: its workflow was started again';
    if (ended?.status === 'paid') log.error(fields, `${again}. Have the payment provider send its events again`);
    else log.warn(fields, again);
    return true;
  }

  return async (signal) => {
    const until = now() + deps.turnMs;
    let started = 0;
    do {
      const slice = await orders.inTime({ minAgeMs, after, limit: SLICE });
      started += await lookAfter(slice, signal);
      after = slice.length < SLICE ? undefined : slice.at(-1);
    } while (after !== undefined && now() < until && !signal?.aborted);
    return started;
  };
}
