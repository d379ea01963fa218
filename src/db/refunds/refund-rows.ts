import type { RowDataPacket } from 'mysql2/promise';
import type { OrderRefund, RefundLine } from '../../domain/order-refund.js';
import { orArchived } from '../archive/also-archived.js';
import { forgottenForm } from '../checkouts/forgotten-keys.js';
import type { Transaction } from '../driver/transaction.js';

/** The rows of `order_refunds`. */

export interface RefundRow extends RowDataPacket, Omit<OrderRefund, 'lines' | 'restock'> {
  readonly lines: string;
  readonly restock: number;
}

export const refundColumns = `refund_id AS refundId, order_id AS orderId, payment_id AS paymentId, amount, currency, state,
  returned_lines AS \`lines\`, restock, reason, requested_by AS \`by\`, requested_at AS at, refunded_at AS refundedAt,
  provider_refund_id AS providerRefundId, refunded_amount AS refundedAmount, failure, attempt`;

export const toRefund = ({ lines, restock, ...row }: RefundRow): OrderRefund => ({
  ...row,
  lines: JSON.parse(lines) as RefundLine[],
  restock: restock === 1,
});

/** A locking read: a request under the same key may be just committing (ADR 23). An archived refund keeps its key. */
export async function lockByKey(
  transaction: Transaction,
  key: string,
): Promise<{ readonly refund: OrderRefund; readonly fingerprint: Buffer } | undefined> {
  const [row] = await orArchived(
    async (where) => {
      const sql = where(
        `SELECT ${refundColumns}, fingerprint FROM order_refunds WHERE idempotency_key IN (?) FOR UPDATE`,
      );
      return (
        await transaction.query<(RefundRow & { fingerprint: Buffer })[]>(sql, [[key, forgottenForm(null, key)]])
      )[0];
    },
    ({ length }) => length > 0,
  );
  if (row === undefined) return undefined;
  const { fingerprint, ...refund } = row;
  return { refund: toRefund(refund as RefundRow), fingerprint };
}

export async function lockRefund(transaction: Transaction, refundId: string): Promise<OrderRefund | undefined> {
  const [[row]] = await transaction.query<RefundRow[]>(
    `SELECT ${refundColumns} FROM order_refunds WHERE refund_id = ? FOR UPDATE`,
    [refundId],
  );
  return row && toRefund(row);
}

export interface NewRefund extends Pick<OrderRefund, 'refundId' | 'orderId' | 'paymentId' | 'amount' | 'currency'> {
  readonly lines: readonly RefundLine[];
  readonly restock: boolean;
  readonly reason: string | null;
  readonly by: string;
  readonly idempotencyKey: string;
  readonly fingerprint: Buffer;
}

/** From here on the refund is owed, unless no money goes back. The unique key refuses a second refund under one key. */
export async function insertRefund(transaction: Transaction, refund: NewRefund): Promise<void> {
  const { refundId, orderId, paymentId, amount, currency, lines, restock, reason, by } = refund;
  await transaction.query(
    `INSERT INTO order_refunds (refund_id, order_id, payment_id, amount, currency, returned_lines, restock, state, reason,
       requested_by, idempotency_key, fingerprint, requested_at, required_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [
      refundId,
      orderId,
      paymentId,
      amount,
      currency,
      JSON.stringify(lines),
      restock ? 1 : 0,
      amount > 0 ? 'required' : 'returned',
      reason,
      by,
      refund.idempotencyKey,
      refund.fingerprint,
    ],
  );
}
