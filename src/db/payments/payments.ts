import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../domain/errors.js';
import {
  bringsPayment,
  type PaymentEvent,
  prefixedPaymentId,
  type StoredAs,
  type UnplacedPayments,
} from '../../domain/payment.js';
import { alsoArchived, orArchived } from '../archive/also-archived.js';
import { bringBackStored, refuseArchived } from '../archive/archived-payments.js';
import { bringBack } from '../archive/bring-back.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { paymentColumns, type StoredPayment } from './payment-rows.js';
import { type Stored, storePayment } from './store-payment.js';

export type { StoredPayment } from './payment-rows.js';
export type { Stored } from './store-payment.js';

/**
 * Stores a verified webhook event once. A success also stores its payment once, however many events report this
 * payment. The first event counts: no later event changes the order or the amount of a payment. The exception is an
 * unplaced payment: a later event that names a known order gives the payment this order.
 *
 * @param unplaced what to do with a payment for an order that no checkout has
 * @returns `stored`; `unplaced` when the payment waits for a person; `repeated` when the same event with the same
 *   bytes was stored before; `contradicting` when an earlier event reported the payment with another order, amount or
 *   currency (the event is stored); `foreign` when no checkout has the reference as its id (nothing is stored)
 * @throws {DomainError} `event-conflict` when the event's id was stored with other bytes, `dependency-unavailable`
 */
export async function storeEvent(
  pool: Pool,
  event: PaymentEvent,
  unplaced: UnplacedPayments = 'keep',
): Promise<StoredAs> {
  return await inTransaction(pool, async (transaction) => {
    const known = await checkedOutAmong(transaction, [event.orderId]);
    await bringBack(transaction, [event.orderId]);
    return (await storeIn(transaction, event, { isKnown: known.has(event.orderId), unplaced })).as;
  });
}

/** As {@link storeEvent}, within the caller's transaction. @param options.isKnown whether a checkout has the order's id */
export async function storeIn(
  transaction: Transaction,
  event: PaymentEvent,
  { isKnown, unplaced }: { readonly isKnown: boolean; readonly unplaced: UnplacedPayments },
): Promise<Stored> {
  if (event.byReference === true && !isKnown) return { as: 'foreign' };
  await bringBackStored(transaction, event);
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `INSERT INTO payment_events (provider, event_id, body_sha256, type, payment_id, order_id, received_at)
     VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE event_id = payment_events.event_id`,
    [event.provider, event.eventId, event.bodySha256, event.type, event.paymentId, event.orderId],
  );
  if (affectedRows !== 1) return await repeated(transaction, event);
  await refuseArchived(transaction, event);
  if (!bringsPayment(event)) return { as: 'stored' };
  return await storePayment(transaction, event, { isKnown, unplaced });
}

/**
 * An order is checked out before a customer can pay it. If the checkout is committed later, a sweep gives the payment
 * its order. An archived order is known too.
 */
export async function checkedOutAmong(
  transaction: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await alsoArchived(
    orderIds,
    async (ids, where) => {
      const sql = where('SELECT order_id AS orderId FROM checkouts WHERE order_id IN (?)');
      return (await transaction.query<(RowDataPacket & { orderId: string })[]>(sql, [ids]))[0];
    },
    ({ orderId }) => orderId,
  );
  return new Set(rows.map(({ orderId }) => orderId));
}

/**
 * A repeated event names its payment again: the payment may have been stored and not decided. The reads lock, because
 * the first event may be just committing (ADR 23).
 */
async function repeated(transaction: Transaction, event: PaymentEvent): Promise<Stored> {
  const { provider, eventId, paymentId } = event;
  const [rows] = await transaction.query<(RowDataPacket & { body_sha256: Buffer })[]>(
    'SELECT body_sha256 FROM payment_events WHERE provider = ? AND event_id = ? FOR UPDATE',
    [provider, eventId],
  );
  if (!rows[0]?.body_sha256.equals(event.bodySha256)) {
    throw new DomainError('event-conflict', `the event id ${eventId} was used before with another body`);
  }
  if (!bringsPayment(event)) return { as: 'repeated' };
  const [[payment]] = await transaction.query<(RowDataPacket & NonNullable<Stored['payment']>)[]>(
    `SELECT payment_id AS paymentId, order_id AS orderId FROM payments
     WHERE payment_id IN (?) AND provider = ? AND status = 'received' FOR UPDATE`,
    [[paymentId, prefixedPaymentId(event)], provider],
  );
  return { as: 'repeated', ...(payment && { payment }) };
}

export async function findPayment(pool: Pool, paymentId: string): Promise<StoredPayment | undefined> {
  try {
    const [payment] = await orArchived(
      async (where) => {
        const sql = where(`SELECT ${paymentColumns} FROM payments WHERE payment_id = ?`);
        return (await pool.query<(RowDataPacket & StoredPayment)[]>(sql, [paymentId]))[0];
      },
      ({ length }) => length > 0,
    );
    return payment;
  } catch (error) {
    throw translated(error);
  }
}
