import { isUnavailable, messageOf } from '../../domain/errors.js';
import { createGrowingPauses } from '../../domain/growing-pauses.js';
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
 * Orders of one read and of one transaction. The stock is locked for the last statement and the COMMIT only. Measured on
 * two cores: 250 orders in a transaction end 15,000 orders a second, 500 orders 14,000, and two transactions of 500 at
 * once 20,000 to 27,000. With 900 orders in a transaction no more orders end.
 */
const PAGE = 500;
const PAGES_AT_ONCE = 2;
/** Orders that are settled apart from their page at the same time. A stop waits for them. */
const AT_ONCE = 100;
/** The first pause of an order that cannot be settled. A rule of thumb. */
const FIRST_PAUSE_MS = 2_000;

/** The ids of the orders that a page has ended, by their new status. */
type Ended = Record<'paid' | 'canceled', string[]>;

/**
 * Ends orders that are past their deadline by a second and that no workflow has ended. A full page of orders that are
 * past their deadline ends at once: the workflows' timers would need longer. Decides as the workflow's timer does, and
 * needs the database only. Several bridges may do this at the same time: the sweep leaves out the orders that another
 * transaction has locked.
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
  const failing = createGrowingPauses({ firstMs: FIRST_PAUSE_MS, now });

  function note({ orderId, status }: Pick<RecordedOrder, 'orderId' | 'status'>, ended: Ended): void {
    failing.done(orderId);
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
      failing.tried(orderId);
      log.error({ orderId, reason: messageOf(error) }, 'overdue order not ended, will be tried again');
    }
  }

  async function settlePage(page: readonly OpenOrder[], signal: AbortSignal | undefined): Promise<number> {
    await closeEnded(
      pool,
      page.filter(({ ended }) => ended).map(({ orderId }) => orderId),
    );
    const due = page.filter(({ ended, orderId }) => !ended && !failing.isPaused(orderId));
    const leftOut = await deps.leftOut?.(due.map(({ orderId }) => orderId));
    const open = due.map(({ orderId }) => orderId).filter((orderId) => leftOut?.has(orderId) !== true);
    const ended: Ended = { paid: [], canceled: [] };
    try {
      const { together = [], apart = [] } = Object.groupBy(open, (id) => (failing.wasTried(id) ? 'apart' : 'together'));
      const left = (await settleTogether(together, ended)) ? apart : open;
      await inParallel(left, AT_ONCE, async (id) => void (signal?.aborted || (await settleApart(id, ended))));
    } finally {
      // In `finally`, so that the log names the orders that ended before an outage too.
      if (ended.paid.length + ended.canceled.length > 0)
        log.warn(ended, 'ended overdue orders that no workflow had ended');
    }
    return ended.paid.length + ended.canceled.length;
  }

  /** @param seen gets the orders of the pages */
  async function* overduePages(seen: Set<string>, signal: AbortSignal | undefined): AsyncGenerator<OpenOrder[]> {
    const byMs = (await hasOverdue(pool, pageSize)) ? 0 : deps.byMs;
    for (let after: Position | undefined; !signal?.aborted; ) {
      const page = await overdueOrders(pool, { byMs, after, limit: pageSize });
      for (const { orderId } of page) seen.add(orderId);
      yield page;
      after = page.at(-1);
      if (page.length < pageSize) break;
    }
  }

  return async (signal) => {
    const seen = new Set<string>();
    const pages = overduePages(seen, signal);
    let ended = 0;
    const settlePages = async (): Promise<void> => {
      for await (const page of pages) {
        const endedHere = await settlePage(page, signal);
        ended += endedHere;
      }
    };
    // A page that fails ends the list of pages. The turn ends when the other page under way has ended.
    const turns = await Promise.allSettled(Array.from({ length: PAGES_AT_ONCE }, settlePages));
    for (const turn of turns) if (turn.status === 'rejected') throw turn.reason;
    // Forgets orders that another process has ended meanwhile.
    if (!signal?.aborted) failing.keepOnly(seen);
    return ended;
  };
}
