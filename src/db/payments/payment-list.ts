import type { RowDataPacket } from 'mysql2/promise';
import type { OrderRefund, OrderRefundState } from '../../domain/order-refund.js';
import type { PaymentStatus } from '../../domain/settlement.js';
import { inShop, orArchived, type Where } from '../archive/also-archived.js';
import { type Authorisation, authorisationColumns } from '../authorisations/rows.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { listRefunds } from '../refunds/open-refunds.js';
import { type Dispute, disputesOf } from '../reports/disputes.js';
import { type ChangeAction, paymentColumns, type StoredPayment } from './payment-rows.js';

/** A payment with all its columns. Times are by the database's clock, amounts in minor units. */
export interface PaymentRecord extends StoredPayment {
  readonly receivedAt: Date;
  readonly placedAt: Date | null;
  readonly decidedAt: Date | null;
  readonly refundedAt: Date | null;
  /** Why the refund can never succeed, in the provider's words. */
  readonly refundFailure: string | null;
  /** The refunded amount, where it is less than the payment. */
  readonly refundedAmount: number | null;
}

/** A change that a person made to a payment. */
export interface PaymentChange {
  readonly action: ChangeAction;
  /** Of the payment; of the refund, where the change is of a refund of the order. */
  readonly statusBefore: PaymentStatus | OrderRefundState;
  /** The refund of the order that was changed; null where the payment was. */
  readonly orderRefundId: string | null;
  readonly note: string | null;
  readonly changedBy: string;
  readonly changedAt: Date;
}

const recordColumns = `${paymentColumns}, received_at AS receivedAt, placed_at AS placedAt, decided_at AS decidedAt,
  refunded_at AS refundedAt, refund_failure AS refundFailure, refunded_amount AS refundedAmount`;

const everyStatus = Object.keys({
  received: true,
  accepted: true,
  refund_required: true,
  refunded: true,
  unplaced: true,
  refund_failed: true,
  closed: true,
  voided: true,
} satisfies Record<PaymentStatus, true>) as readonly PaymentStatus[];

/**
 * Each status is a range of the index, in this order. So a list sorts at most a page of each status, also in an old
 * shop.
 */
const newestOfStatus = `(SELECT ${recordColumns} FROM payments FORCE INDEX (undecided) WHERE status = ?
  ORDER BY received_at DESC, payment_id DESC LIMIT ?)`;

/** Payments, the newest first. @param statuses the statuses to list; all of them when empty */
export async function listPayments(
  pool: Pool,
  { statuses, limit }: { readonly statuses: readonly PaymentStatus[]; readonly limit: number },
): Promise<PaymentRecord[]> {
  const listed = statuses.length > 0 ? statuses : everyStatus;
  return await select<PaymentRecord>(
    pool,
    `SELECT * FROM (${listed.map(() => newestOfStatus).join(' UNION ALL ')}) newest
     ORDER BY receivedAt DESC, paymentId DESC LIMIT ?`,
    [...listed.flatMap((status) => [status, limit]), limit],
  );
}

/** Payments by their ids, in no order. */
export async function paymentsById(pool: Pool, paymentIds: readonly string[]): Promise<PaymentRecord[]> {
  if (paymentIds.length === 0) return [];
  return await select<PaymentRecord>(
    pool,
    `SELECT ${recordColumns} FROM payments FORCE INDEX (PRIMARY) WHERE payment_id IN (?)`,
    [paymentIds],
  );
}

/** The payments of an order, in the order of their arrival. */
export const paymentsOfOrder = (pool: Pool, orderId: string, where: Where = inShop): Promise<PaymentRecord[]> =>
  select<PaymentRecord>(
    pool,
    where(`SELECT ${recordColumns} FROM payments FORCE INDEX (of_order)
      WHERE order_id = ? ORDER BY received_at, payment_id`),
    [orderId],
  );

type ShownPayment = PaymentRecord & {
  /** Null of a payment that was paid at once. */
  readonly authorisation: Authorisation | null;
  readonly orderRefunds: readonly OrderRefund[];
  readonly disputes: readonly Dispute[];
  readonly changes: readonly PaymentChange[];
};

/** Also of an archived order. */
export const showPayment = (pool: Pool, paymentId: string): Promise<ShownPayment | undefined> =>
  orArchived(
    (where) => readPayment(pool, paymentId, where),
    (payment) => payment !== undefined,
  );

async function readPayment(pool: Pool, paymentId: string, where: Where): Promise<ShownPayment | undefined> {
  const [payment] = await select<PaymentRecord>(
    pool,
    where(`SELECT ${recordColumns} FROM payments WHERE payment_id = ?`),
    [paymentId],
  );
  if (payment === undefined) return undefined;
  const changes = await select<PaymentChange>(
    pool,
    where(`SELECT action, status_before AS statusBefore, order_refund_id AS orderRefundId, note, changed_by AS changedBy,
       changed_at AS changedAt
     FROM payment_changes WHERE payment_id = ? ORDER BY change_id`),
    [paymentId],
  );
  const disputes = await disputesOf(pool, [paymentId], where);
  const [authorisation = null] = await select<Authorisation>(
    pool,
    where(`SELECT ${authorisationColumns} FROM authorisations a WHERE a.payment_id = ?`),
    [paymentId],
  );
  return { ...payment, authorisation, orderRefunds: await listRefunds(pool, { paymentId }, where), disputes, changes };
}

async function select<Row>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
