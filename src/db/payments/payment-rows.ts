import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { RefundReason } from '../../domain/order.js';
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
}

export const paymentColumns = `payment_id AS paymentId, provider, order_id AS orderId, amount, currency, status,
  refund_reason AS refundReason, refund_id AS refundId, told_order_id AS toldOrderId,
  refund_attempt AS refundAttempt`;

export async function lockPayment(transaction: Transaction, paymentId: string): Promise<StoredPayment | undefined> {
  const [rows] = await transaction.query<(RowDataPacket & StoredPayment)[]>(
    `SELECT ${paymentColumns} FROM payments WHERE payment_id = ? FOR UPDATE`,
    [paymentId],
  );
  return rows[0];
}

/**
 * Locks the first undecided payment of exactly this order's price. The search takes no lock, since it would also lock
 * payments of other orders. The found payment is then locked by its key.
 */
export async function lockWaitingPayment(
  transaction: Transaction,
  { orderId, amount, currency }: Pick<StoredPayment, 'orderId' | 'amount' | 'currency'>,
): Promise<StoredPayment | undefined> {
  const [rows] = await transaction.query<(RowDataPacket & Pick<StoredPayment, 'paymentId'>)[]>(
    `SELECT payment_id AS paymentId FROM payments FORCE INDEX (of_order)
     WHERE order_id = ? AND status = 'received' AND amount = ? AND currency = ?
     ORDER BY received_at, payment_id LIMIT 1`,
    [orderId, amount, currency],
  );
  return rows[0] && (await lockPayment(transaction, rows[0].paymentId));
}

/** A payment is decided once: the WHERE refuses a second decision. */
export async function decidePayment(
  transaction: Transaction,
  paymentId: string,
  status: PaymentStatus,
  reason: RefundReason | null,
): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE payments SET status = ?, refund_reason = ?, decided_at = UTC_TIMESTAMP(3)
     WHERE payment_id = ? AND status = 'received'`,
    [status, reason, paymentId],
  );
  if (affectedRows !== 1) throw new Error(`payment ${paymentId} was decided already`);
}
