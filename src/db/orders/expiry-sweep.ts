import { isUnavailable, messageOf } from '../../domain/errors.js';
import { inParallel } from '../../domain/in-parallel.js';
import type { Log } from '../../domain/log.js';
import { isLockWait } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { settleExpired } from './expired-batch.js';
import { closeEnded, hasOverdue, type OpenOrder, overdueOrders, type Position } from './open-orders.js';
import type { RecordedOrder } from './orders.js';
import { createSettlements } from './settlements.js';

/** A worker without a backlog ends an order within this time after its deadline. A rule of thumb. */
export const OVERDUE_MS = 1_000;

/**
 * Orders of one read and of one transaction. Measured on two cores: 100 to 200 orders a transaction end 5,900 orders a
 * second, 500 orders 9,800, and 900 orders no more. The stock is locked for the last statement and the COMMIT only.
 */
const PAGE = 500;
/** Orders that are settled apart from their page at the same time. A stop waits for them. */
const AT_ONCE = 100;
/** The pauses of an order that cannot be settled double up to this time. A rule of thumb. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** The ids of the orders that a page has ended, by their new status. */
type Ended = Record<'paid' | 'canceled', string[]>;

/**
 * Ends orders that are past their deadline by a second and that no workflow has ended. A full page of orders that are
 * past their deadline ends at once: the workflows' timers would need longer. Decides as the workflow's timer does, and
 * needs the database only. Several bridges and the workers may do this at the same time: the sweep leaves out the
 * orders that another transaction has locked.
 *
 * Logs the orders that it ends. An order that cannot be settled is logged as an error and retried after ever longer
 * pauses; the other orders go on. An outage ends the turn.
 *
 * @param deps.byMs an order is overdue when it is past its deadline by this time
 * @param deps.pageSize at most 900
 * @param deps.now the process's clock, in milliseconds
 * @param deps.onEnded is called for each order that the sweep has ended
 * @param deps.leftOut the orders among these that this sweep must not end; its error ends the turn
 * @returns a function that runs one turn and returns how many overdue orders it ended; throws
 *   `dependency-unavailable` at an outage
 */
export function createExpirySweep(deps: {
  readonly pool: Pool;
  readonly byMs: number;
  readonly pageSize?: number;
  readonly now: () => number;
  readonly log: Log;
  readonly onEnded?: (orderId: string, status: 'paid' | 'canceled') => void;
  readonly leftOut?: (orderIds: readonly string[]) => Promise<ReadonlySet<string>>;
}): (signal?: AbortSignal) => Promise<number> {
  const { pool, pageSize = PAGE, now, log } = deps;
  const { settle: settleOrder } = createSettlements(pool);
  let failing = new Map<string, { readonly pauseMs: number; readonly dueAt: number }>();

  function note({ orderId, status }: Pick<RecordedOrder, 'orderId' | 'status'>, ended: Ended): void {
    failing.delete(orderId);
    if (status === 'placed') return;
    ended[status].push(orderId);
    deps.onEnded?.(orderId, status);
  }

  /** @returns whether the orders are settled, or locked by transactions that settle them */
  async function settleTogether(orderIds: readonly string[], ended: Ended): Promise<boolean> {
    try {
      for (const order of orderIds.length === 0 ? [] : await settleExpired(pool, orderIds)) note(order, ended);
      return true;
    } catch (error) {
      if (isUnavailable(error) && !isLockWait(error)) throw error;
      log.debug({ orders: orderIds.length, reason: messageOf(error) }, 'overdue orders are settled apart');
      return false;
    }
  }

  async function settleApart(orderId: string, ended: Ended): Promise<void> {
    try {
      note((await settleOrder(orderId, { kind: 'expired' })).order, ended);
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
    const open = due.map(({ orderId }) => orderId).filter((orderId) => leftOut?.has(orderId) !== true);
    const ended: Ended = { paid: [], canceled: [] };
    try {
      const { together = [], apart = [] } = Object.groupBy(open, (id) => (failing.has(id) ? 'apart' : 'together'));
      const left = (await settleTogether(together, ended)) ? apart : open;
      await inParallel(left, AT_ONCE, async (id) => void (signal?.aborted || (await settleApart(id, ended))));
    } finally {
      // In `finally`, so that the log names the orders that ended before an outage too.
      if (ended.paid.length + ended.canceled.length > 0)
        log.warn(ended, 'ended overdue orders that no workflow had ended');
    }
    return ended.paid.length + ended.canceled.length;
  }

  return async (signal) => {
    const byMs = (await hasOverdue(pool, pageSize)) ? 0 : deps.byMs;
    let ended = 0;
    const seen = new Set<string>();
    for (let after: Position | undefined; !signal?.aborted; ) {
      const page = await overdueOrders(pool, { byMs, after, limit: pageSize });
      for (const { orderId } of page) seen.add(orderId);
      ended += await settlePage(page, signal);
      after = page.at(-1);
      if (page.length < pageSize) break;
    }
    // Forgets orders that another process has ended meanwhile.
    if (!signal?.aborted) failing = new Map([...failing].filter(([orderId]) => seen.has(orderId)));
    return ended;
  };
}
