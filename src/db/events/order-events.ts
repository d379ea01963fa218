import { v7 as uuid } from 'uuid';
import type { OrderEventType, PaymentEventType } from '../../domain/event.js';
import type { Transaction } from '../driver/transaction.js';
import { lockOrders, type RecordedOrder } from '../orders/orders.js';

/** An event of a recorded order. The first event of an order, `order.placed`, is written by its checkout. */
export interface OrderEvent {
  readonly type: OrderEventType | PaymentEventType;
  readonly orderId: string;
  /** The payment that `refund.…` is about. */
  readonly paymentId?: string;
  /** Where the event must be written once, an id that is the same at each try: the unique key refuses the second one. */
  readonly eventId?: string;
  /** What is true of this event alone. */
  readonly data?: object;
}

/** What may change of an order, and the number of its last event. */
type State = Pick<
  RecordedOrder,
  'orderId' | 'status' | 'expiresAt' | 'cancelReason' | 'paidReason' | 'paymentId' | 'eventCount'
>;

/**
 * Writes events of orders that the caller's transaction has locked and changed, in the order of the list, each with the
 * next number of its order. An order whose number another event has is refused by the unique key.
 */
export async function insertOrderEvents(transaction: Transaction, events: readonly OrderEvent[]): Promise<void> {
  const ids = [...new Set(events.map(({ orderId }) => orderId))].sort();
  await insertEventsOf(transaction, await lockOrders(transaction, ids), events);
}

/**
 * As {@link insertOrderEvents}, by two statements for any number of events, and without a read.
 *
 * @param orders as they are now, with the numbers from before these events
 */
export async function insertEventsOf(
  transaction: Transaction,
  orders: readonly State[],
  events: readonly OrderEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const stateOf = new Map(orders.map((order) => [order.orderId, order]));
  const written = new Map<string, number>();
  const rows = events.map(({ type, orderId, paymentId, eventId = uuid(), data }) => {
    const order = stateOf.get(orderId);
    if (order === undefined) throw new Error(`order ${orderId} is not recorded, and has no ${type}`);
    const nth = (written.get(orderId) ?? 0) + 1;
    written.set(orderId, nth);
    const sequence = order.eventCount + nth;
    return [
      byDatabase,
      eventId,
      type,
      orderId,
      sequence,
      paymentId ?? null,
      JSON.stringify({ ...data, state: inRow(order) }),
    ];
  });
  await Promise.all([
    transaction.query(
      'INSERT INTO events (occurred_at, event_id, type, order_id, sequence, payment_id, data) VALUES ?',
      [rows],
    ),
    ...[...Map.groupBy(written, ([, count]) => count)].map(([count, group]) =>
      transaction.query('UPDATE orders FORCE INDEX (PRIMARY) SET event_count = event_count + ? WHERE order_id IN (?)', [
        count,
        group.map(([orderId]) => orderId),
      ]),
    ),
  ]);
}

const byDatabase = { toSqlString: () => 'UTC_TIMESTAMP(3)' };

/** The time of the end is left out: the database sets it, and it changes no more. */
const inRow = ({ status, expiresAt, cancelReason, paidReason, paymentId }: State) => ({
  status,
  expiresAt,
  cancelReason,
  paidReason,
  paymentId,
});
