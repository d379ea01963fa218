import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { Order } from '../domain/order.js';
import type { OrderWorkflows, Started } from './order-workflows.js';

/** What the reconciler needs of the database. */
export interface OpenOrders {
  readonly overdue: (options: { readonly byMs: number; readonly limit: number }) => Promise<Order[]>;
  readonly forgotten: (options: {
    readonly minAgeMs: number;
    readonly maxAgeMs: number;
    readonly limit: number;
  }) => Promise<Order[]>;
  readonly placed: (options: {
    readonly minAgeMs: number;
    readonly after: string;
    readonly limit: number;
  }) => Promise<Order[]>;
  readonly countPlaced: (options: { readonly minAgeMs: number }) => Promise<number>;
}

const PAGE = 500;
const HOUR_MS = 60 * 60_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const LOOK_EVERY_MS = 2 * 60_000;

/**
 * Brings orders to their end whose workflow is gone: Temporal lost its data, a workflow was terminated by hand, a
 * message was lost with its broker. Each is started again under its own id, which Temporal refuses where one runs;
 * the workflow then follows what the database holds, as it always does.
 *
 * @param options.minAgeMs how old an order is before it is missed: below that it may just be on its way
 * @returns how many workflows it started
 */
export function createReconciler(deps: {
  readonly orders: OpenOrders;
  readonly workflows: Pick<OrderWorkflows, 'startOrder' | 'countPlaced' | 'runningOrders'>;
  readonly minAgeMs: number;
  readonly now: () => number;
  readonly log: Log;
}): { readonly reconcile: () => Promise<number> } {
  const { orders, workflows, minAgeMs, now, log } = deps;

  let lookBackMs = WEEK_MS;
  let nextLook = 0;

  async function reconcile(): Promise<number> {
    const maxAgeMs = lookBackMs;
    // Far back until a turn has gone well: nobody may have looked for long, and what this one misses is the next one's.
    lookBackMs = WEEK_MS;
    const late = await orders.overdue({ byMs: minAgeMs, limit: PAGE });
    const forgotten = await orders.forgotten({ minAgeMs, maxAgeMs, limit: PAGE });
    const overdue = await startAll([...late, ...forgotten]);
    const missing = await startMissing();
    if (forgotten.length < PAGE && overdue.failed === 0) lookBackMs = HOUR_MS;
    return overdue.started + missing;
  }

  /**
   * Looks for each open order when Temporal runs fewer of that age than the database knows. The two clocks, and an
   * index that is a moment behind, make the counts differ by what is just then recorded or settled: too few cost one
   * look, and too many would hide what is missing, so that there is a look every few minutes whatever they say.
   */
  async function startMissing(): Promise<number> {
    const placed = await orders.countPlaced({ minAgeMs });
    if (placed === 0) return 0;
    const startedBy = new Date(now() - minAgeMs);
    if (now() < nextLook && (await workflows.countPlaced({ startedBy })) >= placed) return 0;
    const running = await workflows.runningOrders();
    let started = 0;
    for (let after = ''; ; ) {
      const page = await orders.placed({ minAgeMs, after, limit: PAGE });
      started += (await startAll(page.filter(({ orderId }) => !running.has(orderId)))).started;
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.orderId;
    }
    nextLook = now() + LOOK_EVERY_MS;
    return started;
  }

  /** One order that can't be started holds up none behind it; with Temporal away there is no use in going on. */
  async function startAll(missing: readonly Order[]): Promise<{ readonly started: number; readonly failed: number }> {
    let [started, failed] = [0, 0];
    for (const order of missing) {
      try {
        if ((await start(order)) === 'started') started++;
      } catch (error) {
        if (isUnavailable(error)) throw error;
        failed++;
        const { orderId } = order;
        log.error({ orderId, reason: messageOf(error) }, 'order not started again, will be tried again');
      }
    }
    return { started, failed };
  }

  async function start({ orderId, userId, amount, currency, expiresAt }: Order): Promise<Started> {
    const input = { orderId, userId, amount, currency, expiresAt: expiresAt.toISOString() };
    const started = await workflows.startOrder(input);
    if (started === 'started') log.warn({ orderId }, 'no workflow ran for this order, it was started again');
    return started;
  }

  return { reconcile };
}
