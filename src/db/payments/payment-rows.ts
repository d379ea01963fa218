import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { RefundReason } from '../../domain/order.js';
import type { OrderRefundState } from '../../domain/order-refund.js';
import type { PaymentStatus } from '../../domain/settlement.js';
import type { Transaction } from '../driver/transaction.js';

/** A payment from a provider's signed webhook; `amount` in minor units. */
export interface StoredPayment {
  readonly paymentId: string;
  readonly provider: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: PaymentStatus;
  readonly refundReason: RefundReason | null;
  readonly refundId: string | null;
  /** The order that the provider named first, where a person or a later event has given the payment another order. */
  readonly toldOrderId: string | null;
  /** How often a person has retried a refund that had failed for good; 0 at first. */
  readonly refundAttempt: number;
  /** Of an accepted payment: the sum of the refunds of its order. */
  readonly returnedAmount: number;
  /** What the provider has authorised and not captured; 0 of a payment that was paid at once. */
  readonly uncapturedAmount: number;
}

export const paymentColumns = `payment_id AS paymentId, provider, order_id AS orderId, amount, currency, status,
  refund_reason AS refundReason, refund_id AS refundId, told_order_id AS toldOrderId,
  refund_attempt AS refundAttempt, returned_amount AS returnedAmount, uncaptured_amount AS uncapturedAmount`;

export async function lockPayment(transaction: Transaction, paymentId: string): Promise<StoredPayment | undefined> {
  const [rows] = await transaction.query<(RowDataPacket & StoredPayment)[]>(
    `SELECT ${paymentColumns} FROM payments WHERE payment_id = ? FOR UPDATE`,
    [paymentId],
  );
  return rows[0];
}

/** Locks payments in the order of their ids. @returns the payments in the order in which they were received */
export async function lockPayments(transaction: Transaction, paymentIds: readonly string[]): Promise<StoredPayment[]> {
  if (paymentIds.length === 0) return [];
  const [rows] = await transaction.query<(RowDataPacket & StoredPayment & { receivedAt: Date })[]>(
    `SELECT ${paymentColumns}, received_at AS receivedAt FROM payments FORCE INDEX (PRIMARY)
     WHERE payment_id IN (?) ORDER BY payment_id FOR UPDATE`,
    [paymentIds],
  );
  return rows.toSorted((one, other) => one.receivedAt.getTime() - other.receivedAt.getTime());
}

/**
 * The ids of the undecided payments of exactly their order's price. The search takes no lock, since it would also lock
 * payments of other orders. {@link lockPayments} then locks them by their keys.
 */
export async function findWaitingPayments(transaction: Transaction, orderIds: readonly string[]): Promise<string[]> {
  if (orderIds.length === 0) return [];
  const [rows] = await transaction.query<(RowDataPacket & Pick<StoredPayment, 'paymentId'>)[]>(
    `SELECT p.payment_id AS paymentId FROM orders o STRAIGHT_JOIN payments p FORCE INDEX (of_order)
       ON p.order_id = o.order_id AND p.status = 'received' AND p.amount = o.amount AND p.currency = o.currency
     WHERE o.order_id IN (?)`,
    [orderIds],
  );
  return rows.map(({ paymentId }) => paymentId);
}

/** A payment is decided once: the WHERE refuses a second decision. */
export async function decidePayments(
  transaction: Transaction,
  decisions: {
    readonly accepted: readonly string[];
    readonly refunds: readonly { readonly paymentId: string; readonly reason: RefundReason }[];
  },
): Promise<void> {
  const refunds = [...Map.groupBy(decisions.refunds, (refund) => refund.reason)].map(([reason, group]) => {
    const paymentIds = group.map(({ paymentId }) => paymentId);
    return decide(transaction, paymentIds, 'refund_required', reason);
  });
  await Promise.all([decide(transaction, decisions.accepted, 'accepted', null), ...refunds]);
}

async function decide(
  transaction: Transaction,
  paymentIds: readonly string[],
  status: PaymentStatus,
  reason: RefundReason | null,
): Promise<void> {
  if (paymentIds.length === 0) return;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments FORCE INDEX (PRIMARY) SET status = ?, refund_reason = ?, decided_at = UTC_TIMESTAMP(3)
     WHERE payment_id IN (?) AND status = 'received'`,
    [status, reason, paymentIds],
  );
  if (affectedRows !== paymentIds.length) throw new Error(`decided already, among payments ${paymentIds.join(', ')}`);
}

/**
 * Gives an unplaced payment its order. The payment is then settled like any other payment. The WHERE refuses a payment
 * that is not unplaced.
 *
 * @returns false when the payment was not unplaced; the payment stays as it is
 */
export async function assignOrder(
  connection: Pick<Transaction, 'query'>,
  paymentId: string,
  orderId: string,
): Promise<boolean> {
  const [{ affectedRows }] = await connection.query<ResultSetHeader>(
    `UPDATE payments SET told_order_id = IF(order_id = ?, told_order_id, order_id), order_id = ?,
       placed_at = UTC_TIMESTAMP(3), status = 'received' WHERE payment_id = ? AND status = 'unplaced'`,
    [orderId, orderId, paymentId],
  );
  return affectedRows === 1;
}

/** A row of `payment_changes`. `changedBy` is a person, or the provider whose event named the payment's order. */
interface NewChange {
  readonly changeId: string;
  readonly paymentId: string;
  readonly action: ChangeAction;
  readonly statusBefore: PaymentStatus;
  readonly note: string | null;
  readonly changedBy: string;
}

/** The same of a refund of a paid order. The payment stays as it is. */
interface NewRefundChange extends Omit<NewChange, 'statusBefore'> {
  readonly statusBefore: OrderRefundState;
  readonly orderRefundId: string;
}

export type ChangeAction = 'place' | 'refund' | 'close' | 'capture';

export const insertChange = (transaction: Transaction, change: NewChange): Promise<void> =>
  insert(transaction, change, null);

export const insertRefundChange = (transaction: Transaction, change: NewRefundChange): Promise<void> =>
  insert(transaction, change, change.orderRefundId);

async function insert(
  transaction: Transaction,
  change: Omit<NewChange, 'statusBefore'> & { readonly statusBefore: string },
  orderRefundId: string | null,
): Promise<void> {
  const { changeId, paymentId, action, statusBefore, note, changedBy } = change;
  await transaction.query(
    `INSERT INTO payment_changes (change_id, payment_id, action, status_before, note, changed_by, order_refund_id,
       changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`,
    [changeId, paymentId, action, statusBefore, note, changedBy, orderRefundId],
  );
}

/** Whether a change is stored: the reply to its COMMIT was lost then. The caller holds the lock of what was changed. */
export async function isChanged(transaction: Transaction, changeId: string): Promise<boolean> {
  const [done] = await transaction.query<RowDataPacket[]>('SELECT 1 FROM payment_changes WHERE change_id = ?', [
    changeId,
  ]);
  return done.length > 0;
}
