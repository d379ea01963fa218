import type { RowDataPacket } from 'mysql2/promise';
import { unavailable } from '../../domain/errors.js';
import { type PaymentEvent, prefixedPaymentId } from '../../domain/payment.js';
import type { Transaction } from '../driver/transaction.js';
import { bringBack } from './bring-back.js';

/**
 * An event and a payment are stored once, also after their order was archived: the keys of the shop's tables do not know
 * the archive.
 */

/** The ids of an event of a provider. */
type Named = Pick<PaymentEvent, 'provider' | 'eventId' | 'paymentId'>;

/**
 * The orders that archived rows with one of these ids belong to. A locking read: an INSERT of the caller may have waited
 * for the transaction that archives the row (ADR 23).
 */
async function ordersOf(transaction: Transaction, events: readonly Named[]): Promise<string[]> {
  const [[ofEvents], [ofPayments]] = await Promise.all([
    transaction.query<(RowDataPacket & { orderId: string })[]>(
      `SELECT order_id AS orderId FROM archived_payment_events FORCE INDEX (PRIMARY)
       WHERE provider IN (?) AND event_id IN (?) LOCK IN SHARE MODE`,
      [events.map(({ provider }) => provider), events.map(({ eventId }) => eventId)],
    ),
    transaction.query<(RowDataPacket & { orderId: string })[]>(
      `SELECT order_id AS orderId FROM archived_payments FORCE INDEX (PRIMARY) WHERE payment_id IN (?) LOCK IN SHARE MODE`,
      [events.flatMap((event) => [event.paymentId, prefixedPaymentId(event)])],
    ),
  ]);
  return [...new Set([...ofEvents, ...ofPayments].map(({ orderId }) => orderId))].sort();
}

/** Called before an event is stored: where an archived order has the event or its payment, the order comes back. */
export async function bringBackStored(transaction: Transaction, event: Named): Promise<void> {
  await bringBack(transaction, await ordersOf(transaction, [event]));
}

/** Whether an archived order has one of the events that were just stored, or one of their payments. */
export async function isArchived(transaction: Transaction, events: readonly Named[]): Promise<boolean> {
  return (await ordersOf(transaction, events)).length > 0;
}

/** @throws {DomainError} `dependency-unavailable` when the order was archived since {@link bringBackStored} */
export async function refuseArchived(transaction: Transaction, event: Named): Promise<void> {
  if (await isArchived(transaction, [event]))
    throw unavailable('the order', new Error(`payment ${event.paymentId} is just being archived`));
}
