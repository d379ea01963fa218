import type { SettlementRequest } from '../../domain/decide-all.js';
import type { PaymentEvent, StoredEvent, UnplacedPayments } from '../../domain/payment.js';
import type { Pool } from '../driver/pool.js';
import { checkedOutAmong, storeIn } from '../payments/payments.js';
import { lockRecorded, movingStock, type Settlement, settleIn } from './settlement.js';

/** What arrives and may end an order: a cause, or a provider's event that brings a payment. */
export type Arrival = SettlementRequest | { readonly event: PaymentEvent };

/** `stored` is set for an event. `settlement` is absent when no checkout has the order's id, or nothing is to settle. */
export interface Outcome {
  readonly stored?: StoredEvent;
  readonly settlement?: Settlement | undefined;
}

export const orderIdOf = (arrival: Arrival): string => ('event' in arrival ? arrival.event.orderId : arrival.orderId);

/**
 * Stores the events and settles all orders, in one transaction: an event is stored and decided, or neither.
 *
 * @returns one entry for each arrival, in the same order
 * @throws {DomainError} `event-conflict` when an event's id was stored with other bytes, `dependency-unavailable`
 */
export async function settleArrivals(
  pool: Pool,
  arrivals: readonly Arrival[],
  options: { readonly unplaced: UnplacedPayments; readonly lockWaits: number; readonly reportDue: boolean },
): Promise<Outcome[]> {
  const { unplaced, lockWaits, reportDue } = options;
  return await movingStock(
    pool,
    async (transaction, byLine) => {
      const named = arrivals.filter((arrival) => 'event' in arrival).map(orderIdOf);
      const known = await checkedOutAmong(transaction, [...new Set(named)]);
      // Every settlement locks the orders before the payments, so two settlements do not wait for each other.
      await lockRecorded(
        transaction,
        arrivals.map(orderIdOf).filter((orderId) => known.has(orderId)),
      );
      const requests: SettlementRequest[] = [];
      const indexes: (number | undefined)[] = [];
      const events = new Map<Arrival, StoredEvent>();
      for (const arrival of arrivals) {
        const stored = 'event' in arrival ? await store(arrival.event) : undefined;
        const request = 'event' in arrival ? causeOf(stored?.payment) : arrival;
        if (stored)
          events.set(arrival, { as: stored.as, ...(stored.payment && { paymentId: stored.payment.paymentId }) });
        indexes.push(request && requests.push(request) - 1);
      }
      const settled = requests.length === 0 ? [] : await settleIn(transaction, requests, { byLine, reportDue });
      return arrivals.map((arrival, index): Outcome => {
        const [stored, at] = [events.get(arrival), indexes[index]];
        return { ...(stored && { stored }), ...(at !== undefined && { settlement: settled[at] }) };
      });

      function store(event: PaymentEvent) {
        return storeIn(transaction, event, { isKnown: known.has(event.orderId), unplaced });
      }
    },
    { lockWaits },
  );
}

const causeOf = (
  payment: { readonly orderId: string; readonly paymentId: string } | undefined,
): SettlementRequest | undefined =>
  payment && { orderId: payment.orderId, cause: { kind: 'payment', paymentId: payment.paymentId } };
