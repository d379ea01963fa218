import type { Log } from '../domain/log.js';
import type { KnownWorkflows } from './known-workflows.js';

const PAGE = 200;

/**
 * Names the orders that were canceled at their deadline, and that Temporal saw paid: the database was restored to a
 * moment before their payments, and has to hear of the money again. The look comes after the end of an order, so that
 * no end waits for Temporal.
 *
 * An outage ends a turn, and its orders are looked at in the next turn.
 *
 * @param deps.capacity how many orders may wait for a look; those beyond are counted in the log, and not looked at
 * @returns `note` takes an order that was canceled; a turn answers how many orders it named
 */
export function createPaidInTemporal(deps: {
  readonly workflows: Pick<KnownWorkflows, 'paidAmong'>;
  readonly capacity: number;
  readonly log: Log;
}): { readonly note: (orderId: string) => void; readonly turn: (signal?: AbortSignal) => Promise<number> } {
  const { workflows, capacity, log } = deps;
  const waiting: string[] = [];
  let beyond = 0;

  return {
    note(orderId) {
      if (waiting.length < capacity) waiting.push(orderId);
      else beyond++;
    },
    async turn(signal) {
      if (beyond > 0) {
        log.error({ orders: beyond }, 'canceled orders are not compared with Temporal: `orders audit --since` does so');
        beyond = 0;
      }
      let named = 0;
      while (waiting.length > 0 && !signal?.aborted) {
        const page = waiting.slice(0, PAGE);
        const paid = await workflows.paidAmong(page);
        waiting.splice(0, page.length);
        named += paid.size;
        if (paid.size > 0) log.error({ orders: paid.size, orderIds: [...paid] }, canceledHere);
      }
      return named;
    },
  };
}

const canceledHere =
  'these orders had ended as paid and were placed again, as after a restore: they were canceled at their deadline. ' +
  'Have the payment provider send its events again';
