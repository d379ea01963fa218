import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../domain/errors.js';
import type { RefundReason } from '../../domain/order.js';
import { type PaymentEvent, prefixedPaymentId, type StoredAs, type UnplacedPayments } from '../../domain/payment.js';
import type { PaymentStatus } from '../../domain/settlement.js';
import { alsoArchived, orArchived } from '../archive/also-archived.js';
import { bringBackStored, refuseArchived } from '../archive/archived-payments.js';
import { bringBack } from '../archive/bring-back.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { insertPaymentEvent } from './payment-events.js';
import { lockPayment, paymentColumns, type StoredPayment } from './payment-rows.js';
import { assignNamedOrder, sameAmount, sameOrder } from './repeated-events.js';

export type { StoredPayment } from './payment-rows.js';

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

const bringsMoney = ({ type }: PaymentEvent): boolean => type === 'payment.succeeded';

/** How an event was stored, and the payment that the event has brought or has confirmed. */
export interface Stored {
  readonly as: StoredAs;
  readonly payment?: { readonly paymentId: string; readonly orderId: string };
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
  if (!bringsMoney(event)) return { as: 'stored' };
  return await storePayment(transaction, event, isKnown ? received : without[unplaced]);
}

/**
 * The primary key lets an id have one payment. An id that another provider has used, or that begins with the provider's
 * own name and a colon, is stored with the provider's name in front. So two providers never share a payment.
 */
async function storePayment(transaction: Transaction, event: PaymentEvent, first: First): Promise<Stored> {
  const { provider, paymentId } = event;
  const prefixed = prefixedPaymentId(event);
  for (const id of paymentId.startsWith(`${provider}:`) ? [prefixed] : [paymentId, prefixed]) {
    if (await insertPayment(transaction, event, id, first)) {
      return { as: first.status === 'unplaced' ? 'unplaced' : 'stored', payment: { ...event, paymentId: id } };
    }
    const known = await lockPayment(transaction, id);
    if (known?.provider !== provider) continue;
    if (!sameAmount(known, event)) return { as: 'contradicting' };
    if (sameOrder(known, event)) return { as: 'stored', payment: known };
    const isPlaced = first === received && (await assignNamedOrder(transaction, known, event));
    return isPlaced ? { as: 'stored', payment: { ...event, paymentId: id } } : { as: 'contradicting' };
  }
  throw new DomainError('event-conflict', `the payment ids ${paymentId} and ${prefixed} are other providers'`);
}

interface First {
  readonly status: PaymentStatus;
  readonly reason: RefundReason | null;
}

const received: First = { status: 'received', reason: null };
/** The first status of a payment for an unknown order, by the setting. */
const without: Readonly<Record<UnplacedPayments, First>> = {
  keep: { status: 'unplaced', reason: null },
  refund: { status: 'refund_required', reason: 'order-unknown' },
};

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

async function insertPayment(
  transaction: Transaction,
  { provider, orderId, amount, currency }: PaymentEvent,
  paymentId: string,
  { status, reason }: First,
): Promise<boolean> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `INSERT INTO payments (payment_id, provider, order_id, amount, currency, status, refund_reason, received_at, decided_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), IF(? = 'refund_required', UTC_TIMESTAMP(3), NULL))
     ON DUPLICATE KEY UPDATE payment_id = payments.payment_id`,
    [paymentId, provider, orderId, amount, currency, status, reason, status],
  );
  if (affectedRows !== 1) return false;
  if (status === 'unplaced') await insertPaymentEvent(transaction, 'payment.unplaced', paymentId);
  if (status === 'refund_required') await insertPaymentEvent(transaction, 'refund.required', paymentId);
  return true;
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
  if (!bringsMoney(event)) return { as: 'repeated' };
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
