import type { RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { DomainError } from '../../domain/errors.js';
import type { OrderStatus } from '../../domain/order.js';
import type { PaymentStatus } from '../../domain/settlement.js';
import { orArchived } from '../archive/also-archived.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { insertPaymentEvent, lockOrderOf } from './payment-events.js';
import {
  assignOrder,
  type ChangeAction,
  insertChange,
  isChanged,
  lockPayment,
  type StoredPayment,
} from './payment-rows.js';

/**
 * The changes that a person may make to a payment. Each change is one transaction, and writes who, when and why into
 * `payment_changes`. The payment is locked first: of two changes at the same time, the second sees the first.
 * A change whose reply to COMMIT was lost runs again and finds its own row.
 */

export interface Change {
  readonly paymentId: string;
  readonly by: string;
  readonly note?: string;
}

/**
 * Gives an unplaced payment an order, if this order waits for exactly this amount. The bridge then settles the payment
 * like any other payment.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function placePayment(pool: Pool, change: Change & { readonly orderId: string }): Promise<void> {
  await changeOnce(pool, 'place', change, ['unplaced'], async (transaction, payment) => {
    const orderId = await payableOrder(transaction, payment, change.orderId);
    if (await assignOrder(transaction, payment.paymentId, orderId)) return;
    throw new Error(`payment ${payment.paymentId} was locked as unplaced, and is not unplaced`);
  });
}

/**
 * Refunds an unplaced payment, or retries a refund that had failed for good, under a new idempotency key. The bridge starts
 * the refund.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function refundPayment(pool: Pool, change: Change): Promise<void> {
  await changeOnce(pool, 'refund', change, ['unplaced', 'refund_failed'], async (transaction, payment) => {
    const again = payment.status === 'refund_failed' ? 1 : 0;
    await transaction.query(
      `UPDATE payments SET status = 'refund_required', refund_reason = COALESCE(refund_reason, 'order-unknown'),
         refund_failure = NULL, refund_attempt = refund_attempt + ?, decided_at = UTC_TIMESTAMP(3)
       WHERE payment_id = ?`,
      [again, payment.paymentId],
    );
    await insertPaymentEvent(transaction, 'refund.required', payment.paymentId);
  });
}

/**
 * Closes a payment that a person has handled elsewhere. No process of ours moves its money afterwards.
 *
 * @throws {DomainError} `change-refused` with the reason, `dependency-unavailable`
 */
export async function closePayment(pool: Pool, change: Change & { readonly note: string }): Promise<void> {
  await changeOnce(
    pool,
    'close',
    change,
    ['unplaced', 'refund_failed', 'refund_required'],
    async (transaction, payment) => {
      await transaction.query(
        `UPDATE payments SET status = 'closed', decided_at = COALESCE(decided_at, UTC_TIMESTAMP(3)) WHERE payment_id = ?`,
        [payment.paymentId],
      );
      await transaction.query(
        `UPDATE authorisations SET state = 'closed', ended_at = UTC_TIMESTAMP(3)
       WHERE payment_id = ? AND state = 'authorised'`,
        [payment.paymentId],
      );
    },
  );
}

export const changeRefused = (why: string): DomainError => new DomainError('change-refused', why);

/** One change of a person, in one transaction. */
export async function changeOnce(
  pool: Pool,
  action: ChangeAction,
  change: Change,
  allowed: readonly PaymentStatus[],
  work: (transaction: Transaction, payment: StoredPayment) => Promise<void>,
): Promise<void> {
  const { paymentId, by, note = null } = change;
  const changeId = uuid();
  await inTransaction(pool, async (transaction) => {
    await lockOrderOf(transaction, paymentId);
    const payment = await lockPayment(transaction, paymentId);
    if (payment === undefined) throw changeRefused(`There is no payment ${paymentId}.`);
    if (await isChanged(transaction, changeId)) return;
    const { status } = payment;
    if (!allowed.includes(status)) {
      throw changeRefused(
        `Payment ${paymentId} is ${status}. A person can ${action} one that is ${allowed.join(' or ')}.`,
      );
    }
    await work(transaction, payment);
    await insertChange(transaction, {
      changeId,
      paymentId: payment.paymentId,
      action,
      statusBefore: status,
      note,
      changedBy: by,
    });
  });
}

interface OrderToPay {
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: OrderStatus;
}

/**
 * Refuses an order that would refund the payment: a refund is another decision, with its own command.
 *
 * @returns the order's id as the database has it: the database takes an id with a space at its end for the same id
 */
async function payableOrder(transaction: Transaction, payment: StoredPayment, orderId: string): Promise<string> {
  const [order] = await orArchived(
    async (where) => {
      const sql = where(`SELECT c.order_id AS orderId, c.amount, c.currency, COALESCE(o.status, 'placed') AS status
        FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id = ?`);
      return (await transaction.query<(RowDataPacket & OrderToPay)[]>(sql, [orderId]))[0];
    },
    ({ length }) => length > 0,
  );
  if (order === undefined) throw changeRefused(`There is no order ${orderId}.`);
  if (order.status !== 'placed') throw changeRefused(`Order ${orderId} is ${order.status}; it takes no payment.`);
  if (order.amount === payment.amount && order.currency === payment.currency) return order.orderId;
  const [price, paid] = [order, payment].map(({ amount, currency }) => `${amount} ${currency}`);
  throw changeRefused(`Order ${orderId} costs ${price}, and payment ${payment.paymentId} is ${paid} (minor units).`);
}
