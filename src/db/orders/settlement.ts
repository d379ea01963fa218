import { type Decided, decideAll, type SettlementRequest } from '../../domain/decide-all.js';
import { type LateSales, mayBuy } from '../../domain/late-sale.js';
import { endsWindow, type SettlementCause } from '../../domain/settlement.js';
import { makeDue } from '../begun/outcomes.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { insertEventsOf } from '../events/order-events.js';
import { decidePayments, findWaitingPayments, lockPayments } from '../payments/payment-rows.js';
import { findLateSales, noLateSales, sellLate } from './late-sales.js';
import { lockRecorded } from './lock-recorded.js';
import { closeCheckouts } from './open-orders.js';
import { endCanceled, endFree, endPaid } from './order-ends.js';
import { orderUnknown, type RecordedOrder } from './orders.js';
import { eventsOf } from './settlement-events.js';
import { type Ended, insertMovements, linesOf, moveStock, StockNotMoved } from './stock-movements.js';
import { insertSuccessors } from './successors.js';

export type Settlement = Decided<RecordedOrder>;

/**
 * Ends an order, or leaves the order as it is. One guarded transaction decides, moves the stock and marks the payment.
 * The first call that finds the order `placed` decides. Every later call, at the same moment or an hour later, returns
 * what was decided.
 *
 * @throws {DomainError} `order-unknown` when no checkout has this id, `dependency-unavailable`
 */
export async function settleOrder(
  pool: Pool,
  orderId: string,
  cause: SettlementCause,
  { lateSales }: Pick<SettlementOptions, 'lateSales'> = {},
): Promise<Settlement> {
  const [settlement] = await movingStock(pool, (transaction, byLine) =>
    settleIn(transaction, [{ orderId, cause }], { byLine, lateSales }),
  );
  if (settlement === undefined) throw orderUnknown(orderId);
  return settlement;
}

/** Runs `work` in a transaction, and once more by line when the stock of some order cannot be moved. */
export async function movingStock<T>(
  pool: Pool,
  work: (transaction: Transaction, byLine: boolean) => Promise<T>,
  { lockWaits = 2 } = {},
): Promise<T> {
  const run = (byLine: boolean) =>
    inTransaction(pool, (transaction) => work(transaction, byLine), { 'lock wait': lockWaits });
  try {
    return await run(false);
  } catch (error) {
    if (!(error instanceof StockNotMoved)) throw error;
    return await run(true);
  }
}

export interface SettlementOptions {
  /** Moves the stock line by line, and writes what cannot be moved to `stock_discrepancies`. */
  readonly byLine?: boolean;
  /** Whether the workflows of the orders need a report of the end. */
  readonly reportDue?: boolean;
  /** A SKU whose `available` the caller changes next: the caller writes its event. */
  readonly unannounced?: string;
  /**
   * Orders that the caller's transaction has locked by {@link lockRecorded} and has not changed since; the other orders
   * are locked here.
   */
  readonly locked?: readonly RecordedOrder[];
  /** Whether a late payment buys what its order wanted. */
  readonly lateSales?: LateSales | undefined;
}

/**
 * Settles many orders within the caller's transaction, as {@link settleOrder} does with one. At most 900 requests:
 * MariaDB reads a longer list by a temporary table, and then locks the rows in no order. The locks are taken in the same
 * sequence by every settlement: orders, payments, and last the stock, which many settlements and checkouts want. Rows of
 * one table are locked by their keys.
 *
 * @returns one entry for each request, in the same order; `undefined` for an id that no checkout has
 * @throws {StockNotMoved} without `byLine`; the transaction then has to roll back
 */
export async function settleIn(
  transaction: Transaction,
  requests: readonly SettlementRequest[],
  { byLine = false, reportDue = true, unannounced = '', locked = [], lateSales }: SettlementOptions = {},
): Promise<(Settlement | undefined)[]> {
  const lockedIds = new Set(locked.map(({ orderId }) => orderId));
  const others = requests.map(({ orderId }) => orderId).filter((orderId) => !lockedIds.has(orderId));
  const orders = [...locked, ...(await lockRecorded(transaction, others))];
  const payments = await lockMoney(transaction, requests);
  const settleable = orders.map((order) => ({
    ...order,
    pastDeadline: order.expiresInMs === 0,
    closesPayments: (order.closingForMs ?? 0) > 0,
  }));
  const { decided, changes } = decideAll(requests, settleable, payments);
  const { paid, free, canceled } = changes;
  // Of several requests of one order, the last one has the order as it is in the end.
  const settled = decided.flatMap((settlement) => settlement?.order ?? []);
  const ended: Ended[] = [
    ...[...paid, ...free].map(({ orderId }) => ({ orderId, movement: 'sold' as const })),
    ...canceled.map(({ orderId }) => ({ orderId, movement: 'released' as const })),
  ];
  const late = lateSales
    ? await findLateSales(transaction, mayBuy(changes.refunds, { orders: settled, payments }), {
        ...lateSales,
        ended,
        byLine,
      })
    : noLateSales;
  const hasBought = new Set(late.sold.map(({ paymentId }) => paymentId));
  const refunds = changes.refunds.filter(({ paymentId }) => !hasBought.has(paymentId));
  const events = eventsOf({ ...changes, refunds });

  const together = inOneRoundTrip(transaction);
  const [lines] = await Promise.all([
    linesOf(together, ended),
    decidePayments(together, { accepted: paid.map(({ paymentId }) => paymentId), refunds }),
    endPaid(together, paid, { reportDue }),
    endFree(together, free, { reportDue }),
    endCanceled(together, canceled, { reportDue }),
    closeCheckouts(together, ended),
    insertMovements(together, ended),
    insertEventsOf(together, settled, events),
    makeDue(together, begunAmong(orders, ended)),
    insertSuccessors(together, late, { reportDue }),
  ]);
  await moveStock(transaction, ended, lines, { byLine, unannounced: new Set([unannounced, ...late.taken.keys()]) });
  await sellLate(transaction, late);
  const eventsOfOrder = Map.groupBy(events, ({ orderId }) => orderId);
  return decided.map((settlement) => {
    if (settlement === undefined) return undefined;
    const { order } = settlement;
    const refund = settlement.refund && hasBought.has(settlement.refund.paymentId) ? null : settlement.refund;
    const eventCount = order.eventCount + (eventsOfOrder.get(order.orderId)?.length ?? 0);
    return { order: { ...order, eventCount }, refund };
  });
}

/** The ended orders for which payments were begun here. Almost no order of the sweep has one. */
function begunAmong(orders: readonly RecordedOrder[], ended: readonly Ended[]): string[] {
  const begun = new Set(orders.flatMap(({ orderId, closingForMs }) => (closingForMs === null ? [] : orderId)));
  return ended.map(({ orderId }) => orderId).filter((orderId) => begun.has(orderId));
}

async function lockMoney(transaction: Transaction, requests: readonly SettlementRequest[]) {
  const named = requests.flatMap(({ cause }) => (cause.kind === 'payment' ? [cause.paymentId] : []));
  const ending = requests.filter(({ cause }) => endsWindow(cause)).map(({ orderId }) => orderId);
  const waiting = await findWaitingPayments(transaction, ending);
  return await lockPayments(transaction, [...named, ...waiting]);
}
