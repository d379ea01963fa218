import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { ProcessingExtension } from '../../domain/deadline.js';
import type { PaymentEvent, StoredEvent } from '../../domain/payment.js';
import type { Transaction } from '../driver/transaction.js';
import { lockOrders, type RecordedOrder } from '../orders/orders.js';
import { moveIn } from './moves.js';

type Moved = NonNullable<StoredEvent['moved']>;

/**
 * Moves the deadlines of orders whose payments the providers are processing, once for each order, in the transaction that
 * stores the events. A payment of another amount, and an order that has ended or is unknown, move nothing; a repeated
 * event finds that the order has moved.
 *
 * @param options.locked the orders that the caller's transaction has locked
 * @param options.how nothing moves if not given
 * @returns what each event has moved, and the orders as they are now
 */
export async function moveForProcessing(
  transaction: Transaction,
  events: readonly PaymentEvent[],
  { locked, how }: { readonly locked: readonly RecordedOrder[]; readonly how: ProcessingExtension | undefined },
): Promise<{ readonly moved: ReadonlyMap<PaymentEvent, Moved>; readonly orders: readonly RecordedOrder[] }> {
  const moved = new Map<PaymentEvent, Moved>();
  for (const event of how === undefined ? [] : events) {
    const order = locked.find(({ orderId }) => orderId === event.orderId);
    const expiresAt = order && how && (await moveOne(transaction, order, event, how));
    if (expiresAt !== undefined) moved.set(event, { orderId: event.orderId, expiresAt });
  }
  if (moved.size === 0) return { moved, orders: locked };
  const changed = await lockOrders(transaction, [...moved.values()].map(({ orderId }) => orderId).toSorted());
  const now = new Map(changed.map((order) => [order.orderId, order]));
  return { moved, orders: locked.map((order) => now.get(order.orderId) ?? order) };
}

/** @returns the new deadline, if it has moved */
async function moveOne(
  transaction: Transaction,
  order: Pick<RecordedOrder, 'orderId' | 'status' | 'expiresAt'>,
  { amount, currency }: Pick<PaymentEvent, 'amount' | 'currency'>,
  { byMs, mostMs }: ProcessingExtension,
): Promise<Date | undefined> {
  const { orderId } = order;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE orders FORCE INDEX (PRIMARY) SET processing_at = UTC_TIMESTAMP(3)
     WHERE order_id = ? AND status = 'placed' AND processing_at IS NULL AND expires_at > UTC_TIMESTAMP(3)
       AND amount = ? AND currency = ?`,
    [orderId, amount, currency],
  );
  if (affectedRows !== 1) return undefined;
  // Never earlier: the greatest window may be smaller than it was at the checkout.
  const [[row]] = await transaction.query<(RowDataPacket & { to: Date })[]>(
    `SELECT GREATEST(expires_at, LEAST(expires_at + INTERVAL ? MICROSECOND, created_at + INTERVAL ? MICROSECOND)) AS \`to\`
     FROM orders FORCE INDEX (PRIMARY) WHERE order_id = ? FOR UPDATE`,
    [byMs * 1_000, mostMs * 1_000, orderId],
  );
  if (row === undefined) return undefined;
  const result = await moveIn(transaction, order, { to: row.to, by: 'payment.processing', mostMs });
  return result.kind === 'moved' ? result.expiresAt : undefined;
}
