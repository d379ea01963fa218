import { isUnavailable, messageOf } from '../../domain/errors.js';
import { inParallel } from '../../domain/in-parallel.js';
import type { Log } from '../../domain/log.js';
import { isLockWait } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { closeEnded, type OpenOrder, overdueOrders, type Position } from './open-orders.js';
import { settleOrder } from './settlement.js';

/** Longer than a worker that is not behind needs for an order whose deadline has come. */
export const OVERDUE_MS = 3_000;

const PAGE = 200;
const AT_ONCE = 2;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** The ids of a page's orders, by what became of them. */
type Ended = Record<'paid' | 'canceled', string[]>;

/**
 * Ends the orders whose deadline passed a few seconds ago and that no workflow has ended, by the same settlement as
 * the workflow's timer. Needs the database only. Several bridges may do so at once, and beside the workers: the
 * settlement's guard lets one of them end an order, and the others find the order ended.
 *
 * The log names each order that is ended. An order that cannot be settled is an error in the log, waits for ever longer
 * and holds up no other; an outage ends the turn.
 *
 * @param deps.byMs how long past its deadline an order is overdue
 * @returns a turn of the sweep; its answer is how many overdue orders have ended
 */
export function createExpirySweep(deps: {
  readonly pool: Pool;
  readonly byMs: number;
  readonly now: () => number;
  readonly log: Log;
  readonly onEnded?: (orderId: string, status: 'paid' | 'canceled') => void;
}): (signal?: AbortSignal) => Promise<number> {
  const { pool, now, log } = deps;
  let failing = new Map<string, { readonly pauseMs: number; readonly dueAt: number }>();

  async function settle({ orderId }: OpenOrder, ended: Ended): Promise<void> {
    try {
      const { order } = await settleOrder(pool, orderId, { kind: 'expired' });
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
    const open = page.filter(({ ended, orderId }) => !ended && (failing.get(orderId)?.dueAt ?? 0) <= now());
    const ended: Ended = { paid: [], canceled: [] };
    try {
      await inParallel(open, AT_ONCE, async (order) => void (signal?.aborted || (await settle(order, ended))));
    } finally {
      // Also what ended before an outage.
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
    // Orders that were ended elsewhere meanwhile are not kept in mind.
    if (!signal?.aborted) failing = new Map([...failing].filter(([orderId]) => seen.has(orderId)));
    return ended;
  };
}
