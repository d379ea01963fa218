import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { DeliverablePayment, DeliverPayment } from './payment-delivery.js';

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/**
 * Delivers the payments that nobody has decided or sent back yet, as the webhook did that stored them, or could not.
 *
 * One that was delivered and stays undecided waits for a worker: it is told again after ever longer pauses, since each
 * telling is one more event in its order's history and one more settlement when the worker is back. An outage ends
 * the turn; what is wrong with one payment holds up no other. A turn looks at one page and the next turn goes on behind
 * the page, so that payments which stay unfinished for long hide none of the others.
 *
 * @param unfinished a page of at most `pageSize`, which begins behind the payment that it is given
 * @returns a turn of the sweep; it answers how many were delivered, and rejects between two when its signal aborts
 */
export function createPaymentsSweep<P extends DeliverablePayment>(deps: {
  readonly unfinished: (after?: P) => Promise<readonly P[]>;
  readonly pageSize: number;
  readonly deliver: DeliverPayment;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  let told = new Map<string, { readonly pauseMs: number; readonly dueAt: number }>();
  let after: P | undefined;
  /** What was unfinished in the pages since the first one. */
  let open = new Set<string>();

  function note(key: string): void {
    const { pauseMs } = told.get(key) ?? { pauseMs: FIRST_PAUSE_MS / 2 };
    const longer = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    told.set(key, { pauseMs: longer, dueAt: deps.now() + longer });
  }

  return async (signal) => {
    const payments = await deps.unfinished(after);
    let delivered = 0;
    for (const payment of payments) {
      signal?.throwIfAborted();
      const key = keyOf(payment);
      open.add(key);
      if ((told.get(key)?.dueAt ?? 0) > deps.now()) continue;
      try {
        await deps.deliver(payment);
        delivered++;
      } catch (error) {
        if (isUnavailable(error)) throw error;
        deps.log.error({ paymentId: payment.paymentId, reason: messageOf(error) }, 'payment not delivered');
      }
      note(key);
    }
    after = payments.length < deps.pageSize ? undefined : payments.at(-1);
    if (after === undefined) {
      told = new Map([...told].filter(([key]) => open.has(key)));
      open = new Set();
    }
    return delivered;
  };
}

/** A payment that has been decided and is to go back is another errand. */
const keyOf = ({ paymentId, status }: DeliverablePayment): string => `${status} ${paymentId}`;
