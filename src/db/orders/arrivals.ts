import type { ProcessingExtension } from '../../domain/deadline.js';
import type { SettlementRequest } from '../../domain/decide-all.js';
import type { LateSales } from '../../domain/late-sale.js';
import type { PaymentEvent, StoredEvent, UnplacedPayments } from '../../domain/payment.js';
import { markPaid } from '../begun/outcomes.js';
import { moveForProcessing } from '../deadlines/processing.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';
import { isPlain, NotAllNew, storeNewPayments } from '../payments/new-payments.js';
import { checkedOutAmong, type Stored, storeIn } from '../payments/payments.js';
import { lockRecorded } from './lock-recorded.js';
import { movingStock, type Settlement, settleIn } from './settlement.js';

/** What arrives and may end an order: a cause, or a provider's event that brings a payment. */
export type Arrival = SettlementRequest | EventArrival;

interface EventArrival {
  readonly event: PaymentEvent;
}

/** `stored` is set for an event. `settlement` is absent when no checkout has the order's id, or nothing is to settle. */
export interface Outcome {
  readonly stored?: StoredEvent;
  readonly settlement?: Settlement | undefined;
}

interface Options {
  readonly unplaced: UnplacedPayments;
  readonly processing: ProcessingExtension | undefined;
  readonly lateSales: LateSales | undefined;
  readonly lockWaits: number;
  readonly reportDue: boolean;
}

export const orderIdOf = (arrival: Arrival): string => ('event' in arrival ? arrival.event.orderId : arrival.orderId);

/**
 * Stores the events and settles all orders, in one transaction: an event is stored and decided, or neither.
 *
 * @returns one entry for each arrival, in the same order
 * @throws {DomainError} `event-conflict` when an event's id was stored with other bytes, `dependency-unavailable`
 */
export async function settleArrivals(pool: Pool, arrivals: readonly Arrival[], options: Options): Promise<Outcome[]> {
  const run = (store: typeof storeTogether) =>
    movingStock(
      pool,
      (transaction, byLine) => settleAll(transaction, arrivals, { ...options, byLine, store }),
      options,
    );
  try {
    return await run(arrivals.length > 1 ? storeTogether : storeApart);
  } catch (error) {
    if (!(error instanceof NotAllNew)) throw error;
    return await run(storeApart);
  }
}

async function settleAll(
  transaction: Transaction,
  arrivals: readonly Arrival[],
  options: Options & { readonly byLine: boolean; readonly store: typeof storeTogether },
): Promise<Outcome[]> {
  const events = arrivals.filter((arrival) => 'event' in arrival);
  const known = await checkedOutAmong(transaction, [...new Set(events.map(orderIdOf))]);
  // Every settlement locks the orders before the payments, so two settlements do not wait for each other.
  const ofOrders = arrivals.filter((arrival) => !('event' in arrival) || known.has(arrival.event.orderId));
  const locked = await lockRecorded(transaction, ofOrders.map(orderIdOf));
  const stored = await options.store(transaction, events, { known, unplaced: options.unplaced });
  const processing = events.map(({ event }) => event).filter(({ type }) => type === 'payment.processing');
  const { moved, orders } = await moveForProcessing(transaction, processing, { locked, how: options.processing });
  const begunOrders = new Set(locked.flatMap((order) => (order.closingForMs === null ? [] : order.orderId)));
  const ofBegun = events.map(({ event }) => event).filter(({ orderId }) => begunOrders.has(orderId));
  if (ofBegun.length > 0) await markPaid(transaction, ofBegun);
  const causes = arrivals.map((arrival) => ('event' in arrival ? causeOf(stored.get(arrival)) : arrival));
  const requests = causes.filter((cause) => cause !== undefined);
  // No other order has changed since its lock. A payment may belong to another order than its event names: that order is
  // locked by `settleIn`.
  const settled = requests.length === 0 ? [] : await settleIn(transaction, requests, { ...options, locked: orders });
  const settlementOf = new Map(requests.map((request, index) => [request, settled[index]]));
  return arrivals.map((arrival, index): Outcome => {
    const cause = causes[index];
    const settlement = cause && settlementOf.get(cause);
    return {
      ...('event' in arrival && storedAs(stored.get(arrival), moved.get(arrival.event))),
      ...(cause && { settlement }),
    };
  });
}

interface StoreOptions {
  /** The orders that checkouts have. */
  readonly known: ReadonlySet<string>;
  readonly unplaced: UnplacedPayments;
}

/** Stores all plain events by two statements. @throws {NotAllNew} */
async function storeTogether(
  transaction: Transaction,
  arrivals: readonly EventArrival[],
  options: StoreOptions,
): Promise<ReadonlyMap<Arrival, Stored>> {
  const plain = arrivals.filter(({ event }) => isPlain(event) && options.known.has(event.orderId));
  await storeNewPayments(
    transaction,
    plain.map(({ event }) => event),
  );
  const isStored = new Set(plain);
  const others = await storeApart(
    transaction,
    arrivals.filter((arrival) => !isStored.has(arrival)),
    options,
  );
  const stored = plain.map((arrival): [Arrival, Stored] => [arrival, { as: 'stored', payment: arrival.event }]);
  return new Map([...stored, ...others]);
}

async function storeApart(
  transaction: Transaction,
  arrivals: readonly EventArrival[],
  { known, unplaced }: StoreOptions,
): Promise<ReadonlyMap<Arrival, Stored>> {
  const stored = new Map<Arrival, Stored>();
  for (const arrival of arrivals) {
    const isKnown = known.has(arrival.event.orderId);
    stored.set(arrival, await storeIn(transaction, arrival.event, { isKnown, unplaced }));
  }
  return stored;
}

const causeOf = (stored: Stored | undefined): SettlementRequest | undefined =>
  stored?.payment && {
    orderId: stored.payment.orderId,
    cause: { kind: 'payment', paymentId: stored.payment.paymentId },
  };

const storedAs = (stored: Stored | undefined, moved: StoredEvent['moved']): Pick<Outcome, 'stored'> =>
  stored === undefined
    ? {}
    : {
        stored: {
          as: stored.as,
          ...(stored.payment && { paymentId: stored.payment.paymentId }),
          ...(moved && { moved }),
        },
      };
