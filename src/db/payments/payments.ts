import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../domain/errors.js';
import type { RefundReason } from '../../domain/order.js';
import { type PaymentEvent, prefixedPaymentId, type StoredAs, type UnplacedPayments } from '../../domain/payment.js';
import type { PaymentStatus } from '../../domain/settlement.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
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
    const isKnown = await isCheckedOut(transaction, event.orderId);
    if (event.byReference === true && !isKnown) return 'foreign';
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `INSERT INTO payment_events (provider, event_id, body_sha256, type, payment_id, order_id, received_at)
       VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE event_id = payment_events.event_id`,
      [event.provider, event.eventId, event.bodySha256, event.type, event.paymentId, event.orderId],
    );
    if (affectedRows !== 1) return await sameAsBefore(transaction, event);
    if (event.type !== 'payment.succeeded') return 'stored';
    return await storePayment(transaction, event, isKnown ? received : without[unplaced]);
  });
}

/**
 * The primary key lets an id have one payment. An id that another provider has used, or that begins with the provider's
 * own name and a colon, is stored with the provider's name in front. So two providers never share a payment.
 */
async function storePayment(
  transaction: Transaction,
  event: PaymentEvent,
  first: First,
): Promise<Exclude<StoredAs, 'repeated'>> {
  const { provider, paymentId } = event;
  const prefixed = prefixedPaymentId(event);
  for (const id of paymentId.startsWith(`${provider}:`) ? [prefixed] : [paymentId, prefixed]) {
    if (await insertPayment(transaction, event, id, first)) return first.status === 'unplaced' ? 'unplaced' : 'stored';
    const known = await lockPayment(transaction, id);
    if (known?.provider !== provider) continue;
    if (!sameAmount(known, event)) return 'contradicting';
    if (sameOrder(known, event)) return 'stored';
    return first === received && (await assignNamedOrder(transaction, known, event)) ? 'stored' : 'contradicting';
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
 * its order.
 */
async function isCheckedOut(transaction: Transaction, orderId: string): Promise<boolean> {
  const [rows] = await transaction.query<RowDataPacket[]>('SELECT 1 FROM checkouts WHERE order_id = ?', [orderId]);
  return rows.length > 0;
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
  return affectedRows === 1;
}

async function sameAsBefore(transaction: Transaction, event: PaymentEvent): Promise<'repeated'> {
  const [rows] = await transaction.query<(RowDataPacket & { body_sha256: Buffer })[]>(
    'SELECT body_sha256 FROM payment_events WHERE provider = ? AND event_id = ?',
    [event.provider, event.eventId],
  );
  if (rows[0]?.body_sha256.equals(event.bodySha256)) return 'repeated';
  throw new DomainError('event-conflict', `the event id ${event.eventId} was used before with another body`);
}

export async function findPayment(pool: Pool, paymentId: string): Promise<StoredPayment | undefined> {
  try {
    const [rows] = await pool.query<(RowDataPacket & StoredPayment)[]>(
      `SELECT ${paymentColumns} FROM payments WHERE payment_id = ?`,
      [paymentId],
    );
    return rows[0];
  } catch (error) {
    throw translated(error);
  }
}
