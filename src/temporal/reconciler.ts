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
  readonly workflows: Pick<OrderWorkflows, 'startOrder' | 'countRunning'>;
  readonly minAgeMs: number;
  readonly log: Log;
}): { readonly reconcile: () => Promise<number> } {
  const { orders, workflows, minAgeMs, log } = deps;

  // The first look after a start goes far back: nobody may have looked for long.
  let lookBackMs = WEEK_MS;

  async function reconcile(): Promise<number> {
    const late = await orders.overdue({ byMs: minAgeMs, limit: PAGE });
    const forgotten = await orders.forgotten({ minAgeMs, maxAgeMs: lookBackMs, limit: PAGE });
    if (forgotten.length < PAGE) lookBackMs = HOUR_MS;
    return (await startAll([...late, ...forgotten])) + (await startMissing());
  }

  /** Looks at each open order only when Temporal runs fewer workflows than there are open orders. */
  async function startMissing(): Promise<number> {
    const placed = await orders.countPlaced({ minAgeMs });
    if (placed === 0 || (await workflows.countRunning()) >= placed) return 0;
    let started = 0;
    for (let after = ''; ; ) {
      const page = await orders.placed({ minAgeMs, after, limit: PAGE });
      started += await startAll(page);
      const last = page.at(-1);
      if (last === undefined) return started;
      after = last.orderId;
    }
  }

  async function startAll(missing: readonly Order[]): Promise<number> {
    let count = 0;
    for (const order of missing) if ((await start(order).catch((error) => goOn(order, error))) === 'started') count++;
    return count;
  }

  async function start(order: Order): Promise<Started> {
    const { orderId, userId, amount, currency, expiresAt } = order;
    const started = await workflows.startOrder({
      orderId,
      userId,
      amount,
      currency,
      expiresAt: expiresAt.toISOString(),
    });
    if (started === 'started') log.warn({ orderId }, 'no workflow ran for this order, it was started again');
    return started;
  }

  /** One order that can't be started holds up none behind it; with Temporal away there is no use in going on. */
  function goOn({ orderId }: Order, error: unknown): undefined {
    if (isUnavailable(error)) throw error;
    log.error({ orderId, reason: messageOf(error) }, 'order not started again, will be tried again');
  }

  return { reconcile };
}
