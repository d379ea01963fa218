import type { Log } from '../domain/log.js';
import type { KnownWorkflows } from './known-workflows.js';

/** Orders in one query of Temporal, as in known-workflows.ts. */
const PAGE = 200;

/**
 * Logs the orders that were canceled at their deadline here, and that are `paid` in Temporal. The database was then
 * restored to a moment before their payments, and the provider has to send the payments again. An order is compared
 * after its end, so that no end waits for Temporal.
 *
 * An outage ends a turn, and the next turn compares the same orders.
 *
 * @param deps.capacity how many orders may wait for the comparison; the others are counted in the log, and not compared
 * @returns `add` takes a canceled order; `turn` compares the waiting orders and returns how many it logged
 */
export function createPaidInTemporal(deps: {
  readonly workflows: Pick<KnownWorkflows, 'paidAmong'>;
  readonly capacity: number;
  readonly log: Log;
}): { readonly add: (orderId: string) => void; readonly turn: (signal?: AbortSignal) => Promise<number> } {
  const { workflows, capacity, log } = deps;
  const waiting: string[] = [];
  let notCompared = 0;

  return {
    add(orderId) {
      if (waiting.length < capacity) waiting.push(orderId);
      else notCompared++;
    },
    async turn(signal) {
      if (notCompared > 0) {
        log.error(
          { orders: notCompared },
          'canceled orders are not compared with Temporal: `orders audit --since` does so',
        );
        notCompared = 0;
      }
      let logged = 0;
      while (waiting.length > 0 && !signal?.aborted) {
        const page = waiting.slice(0, PAGE);
        const paid = await workflows.paidAmong(page);
        waiting.splice(0, page.length);
        logged += paid.size;
        if (paid.size > 0) log.error({ orders: paid.size, orderIds: [...paid] }, canceledHere);
      }
      return logged;
    },
  };
}

const canceledHere =
  'these orders had ended as paid and were placed again, as after a restore: they were canceled at their deadline. ' +
  'Have the payment provider send its events again';
