import { isUnavailable, messageOf } from '../../domain/errors.js';
import { inParallel } from '../../domain/in-parallel.js';
import type { Log } from '../../domain/log.js';
import { isLockWait } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { closeEnded, type OpenOrder, overdueOrders, type Position } from './open-orders.js';
import { createSettlements } from './settlements.js';

/** A worker without a backlog ends an order within this time after its deadline. A rule of thumb. */
export const OVERDUE_MS = 3_000;

/** Orders of one read. A rule of thumb. */
const PAGE = 200;
/** Orders that are settled at the same time, in one or two transactions. A stop waits for them. */
const AT_ONCE = 100;
/** The pauses of an order that cannot be settled double up to this time. A rule of thumb. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** The ids of the orders that a page has ended, by their new status. */
type Ended = Record<'paid' | 'canceled', string[]>;

/**
 * Ends orders that are past their deadline by a few seconds and that no workflow has ended. Uses the same settlement as
 * the workflow's timer, and needs the database only. Several bridges and the workers may do this at the same time: the
 * settlement's guard lets one of them end an order, and the others find the order ended.
 *
 * Logs each order that it ends. An order that cannot be settled is logged as an error and retried after ever longer
 * pauses; the other orders go on. An outage ends the turn.
 *
 * @param deps.byMs an order is overdue when it is past its deadline by this time
 * @param deps.now the process's clock, in milliseconds
 * @param deps.onEnded is called for each order that the sweep has ended
 * @param deps.leftOut the orders among these that this sweep must not end; its error ends the turn
 * @returns a function that runs one turn and returns how many overdue orders it ended; throws
 *   `dependency-unavailable` at an outage
 */
export function createExpirySweep(deps: {
  readonly pool: Pool;
  readonly byMs: number;
  readonly now: () => number;
  readonly log: Log;
  readonly onEnded?: (orderId: string, status: 'paid' | 'canceled') => void;
  readonly leftOut?: (orderIds: readonly string[]) => Promise<ReadonlySet<string>>;
}): (signal?: AbortSignal) => Promise<number> {
  const { pool, now, log } = deps;
  const { settle: settleOrder } = createSettlements(pool);
  let failing = new Map<string, { readonly pauseMs: number; readonly dueAt: number }>();

  async function settle({ orderId }: OpenOrder, ended: Ended): Promise<void> {
    try {
      const { order } = await settleOrder(orderId, { kind: 'expired' });
      failing.delete(orderId);
      if (order.status === 'placed') return;
      ended[order.status].push(orderId);
      deps.onEnded?.(orderId, order.status);
    } catch (error) {
      if (isUnavailable(error) && !isLockWait(error)) throw error;
      const pauseMs = Math.min((failing.get(orderId)?.pauseMs ?? 1_000) * 2, LONGEST_PAUSE_MS);
      failing.set(orderId, { pauseMs, dueAt: now() + pauseMs });
      log.error({ orderId, reason: messageOf(error) }, 'overdue order not ended, will be tried again');
    }
  }

  async function settlePage(page: readonly OpenOrder[], signal: AbortSignal | undefined): Promise<number> {
    await closeEnded(
      pool,
      page.filter(({ ended }) => ended).map(({ orderId }) => orderId),
    );
    const due = page.filter(({ ended, orderId }) => !ended && (failing.get(orderId)?.dueAt ?? 0) <= now());
    const leftOut = await deps.leftOut?.(due.map(({ orderId }) => orderId));
    const open = due.filter(({ orderId }) => leftOut?.has(orderId) !== true);
    const ended: Ended = { paid: [], canceled: [] };
    try {
      await inParallel(open, AT_ONCE, async (order) => void (signal?.aborted || (await settle(order, ended))));
    } finally {
      // In `finally`, so that the log names the orders that ended before an outage too.
      if (ended.paid.length + ended.canceled.length > 0)
        log.warn(ended, 'ended overdue orders that no workflow had ended');
    }
    return ended.paid.length + ended.canceled.length;
  }

  return async (signal) => {
    let ended = 0;
    const seen = new Set<string>();
    for (let after: Position | undefined; !signal?.aborted; ) {
      const page = await overdueOrders(pool, { byMs: deps.byMs, after, limit: PAGE });
      for (const { orderId } of page) seen.add(orderId);
      ended += await settlePage(page, signal);
      after = page.at(-1);
      if (page.length < PAGE) break;
    }
    // Forgets orders that another process has ended meanwhile.
    if (!signal?.aborted) failing = new Map([...failing].filter(([orderId]) => seen.has(orderId)));
    return ended;
  };
}
