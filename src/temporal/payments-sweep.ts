import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { PaymentStatus } from '../domain/settlement.js';
import { createUnfinishedPages } from './unfinished-pages.js';

export interface UnfinishedPayment {
  readonly paymentId: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
}

/**
 * Continues the payments that are not decided or not sent back yet: a process may have died before it settled a payment,
 * or before a workflow had its refund.
 *
 * A payment that stays unfinished is delivered again after growing pauses. An outage ends the turn. An error of one
 * payment does not stop the others.
 *
 * @param deps.unfinished returns a page of at most `pageSize` payments, which begins behind the given payment
 * @returns a turn of the sweep. The turn returns how many payments it delivered. When its signal aborts, the turn
 *   rejects before the next payment
 */
export function createPaymentsSweep<P extends UnfinishedPayment>(deps: {
  readonly unfinished: (after?: P) => Promise<readonly P[]>;
  readonly pageSize: number;
  readonly deliver: (payment: P) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}): (signal?: AbortSignal) => Promise<number> {
  const { unfinished: read, pageSize, now } = deps;
  const turn = createUnfinishedPages({ read, pageSize, keyOf, now });

  return (signal) =>
    turn(async (payments, tried) => {
      let delivered = 0;
      for (const payment of payments) {
        signal?.throwIfAborted();
        try {
          await deps.deliver(payment);
          delivered++;
        } catch (error) {
          if (isUnavailable(error)) throw error;
          deps.log.error({ paymentId: payment.paymentId, reason: messageOf(error) }, 'payment not delivered');
        }
        tried(payment);
      }
      return delivered;
    });
}

/** The key has the status: a payment that must go back now is delivered without the pause of its first delivery. */
const keyOf = ({ paymentId, status }: UnfinishedPayment): string => `${status} ${paymentId}`;
