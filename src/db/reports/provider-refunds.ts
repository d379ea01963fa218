import { hash } from 'node:crypto';
import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { isUncaptured } from '../../domain/authorisation.js';
import { attemptIn, orderRefundIn, type RefundReport, type ReportStoredAs } from '../../domain/money-report.js';
import { recordVoided } from '../authorisations/outcomes.js';
import type { Transaction } from '../driver/transaction.js';
import { lockOrders } from '../orders/orders.js';
import type { StoredPayment } from '../payments/payment-rows.js';
import { recordRefunded, recordRefundFailed } from '../payments/refunds.js';
import { insertRefundEvent } from '../refunds/refund-events.js';
import { recordOrderRefunded, recordOrderRefundFailed } from '../refunds/refund-outcomes.js';
import { insertRefund, lockRefund } from '../refunds/refund-rows.js';
import { failureOf } from './failed-refunds.js';
import { countMoney } from './make-room.js';

/** A refund as its provider has last reported it. */
export type ReportedRefund = Pick<RefundReport, 'type' | 'provider' | 'amount' | 'currency' | 'key' | 'failure'> & {
  /** The provider's id of it. */
  readonly id: string;
};

/** Keeps the last report of a refund; a failure is final, also where an older success comes behind it. */
export async function upsertRefund(transaction: Transaction, report: RefundReport): Promise<void> {
  const { provider, refundId, paymentId, amount, currency, type, failure, key } = report;
  const state = type === 'refund.failed' ? 'failed' : 'succeeded';
  await transaction.query(
    `INSERT INTO provider_refunds (provider, provider_refund_id, payment_id, amount, currency, state, failure, refund_key,
       waiting, reported_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE failure = COALESCE(VALUES(failure), failure),
       state = IF(state = 'failed', state, VALUES(state)), refund_key = COALESCE(refund_key, VALUES(refund_key)), waiting = 1`,
    [provider, refundId, paymentId, amount, currency, state, failure?.slice(0, 500) ?? null, key ?? null],
  );
}

/**
 * Changes the books by a report. The caller has locked the order and the payment, which is decided. Each step is guarded,
 * so that a report that comes again, or behind a later one, changes nothing.
 */
export async function applyRefund(
  transaction: Transaction,
  report: ReportedRefund,
  payment: StoredPayment,
): Promise<ReportStoredAs> {
  const { provider, id } = report;
  await transaction.query('UPDATE provider_refunds SET waiting = NULL WHERE provider = ? AND provider_refund_id = ?', [
    provider,
    id,
  ]);
  const failed = await failureOf(transaction, payment.paymentId, id);
  const ours = await refundOfOrder(transaction, report, payment);
  if (failed !== undefined) {
    if (ours !== undefined)
      await recordOrderRefundFailed(transaction, ours, failed, { id, attempt: attemptIn(report.key, ours.refundId) });
    else
      await recordRefundFailed(transaction, payment.paymentId, failed, {
        id,
        attempt: attemptIn(report.key, payment.paymentId),
      });
    return 'stored';
  }
  if (isUncaptured(payment)) {
    // A provider may call it a refund that the authorisation was released.
    await recordVoided(transaction, payment.paymentId);
    return 'stored';
  }
  const { amount, currency } = report;
  if (currency !== payment.currency) return 'contradicting';
  if (ours !== undefined) {
    await recordOrderRefunded(transaction, ours, id, amount < ours.amount ? amount : undefined);
    return 'stored';
  }
  if (payment.status === 'accepted') return await insertFromProvider(transaction, report, payment);
  const isWhole = amount === payment.amount - payment.uncapturedAmount;
  // A part of a payment that goes back: the provider refunds the rest when it is asked.
  if (!isWhole && attemptIn(report.key, payment.paymentId) === undefined) return 'stored';
  if (payment.status === 'unplaced') await sendBackUnplaced(transaction, payment.paymentId);
  await recordRefunded(transaction, payment.paymentId, id, isWhole ? undefined : amount);
  return 'stored';
}

/** A person has refunded the payment at its provider, in place of `orders payments refund`. */
async function sendBackUnplaced(transaction: Transaction, paymentId: string): Promise<void> {
  await transaction.query(
    `UPDATE payments SET status = 'refund_required', refund_reason = 'order-unknown', decided_at = UTC_TIMESTAMP(3)
     WHERE payment_id = ? AND status = 'unplaced'`,
    [paymentId],
  );
}

/**
 * The refund of the paid order that the report is about: by the provider's id, or by the key under which we asked for it.
 */
async function refundOfOrder(transaction: Transaction, { id, key }: ReportedRefund, { paymentId }: StoredPayment) {
  const [[found]] = await transaction.query<(RowDataPacket & { refundId: string })[]>(
    `SELECT refund_id AS refundId FROM order_refunds WHERE payment_id = ? AND (provider_refund_id = ? OR refund_id = ?)
     ORDER BY provider_refund_id IS NULL LIMIT 1 FOR UPDATE`,
    [paymentId, id, orderRefundIn(key) ?? ''],
  );
  return found && (await lockRefund(transaction, found.refundId));
}

/**
 * A refund of a paid order that was made in the provider's dashboard: a row as those that operators ask for here. The
 * unique key of the idempotency keys refuses a second one.
 */
async function insertFromProvider(
  transaction: Transaction,
  { provider, id, amount, currency }: ReportedRefund,
  payment: StoredPayment,
): Promise<ReportStoredAs> {
  const { orderId, paymentId } = payment;
  const idempotencyKey = `made at ${provider} ${id}`.slice(0, 255);
  await lockOrders(transaction, [orderId]);
  const counted = await countMoney(
    transaction,
    payment,
    amount,
    `${amount} ${currency} went back by refund ${id} of ${provider}`,
  );
  if (counted === 0) return 'contradicting';
  const refund = {
    refundId: uuid(),
    orderId,
    paymentId,
    amount: counted,
    currency,
    lines: [],
    restock: false,
    reason: 'made at the provider',
    by: `provider ${provider}`,
    idempotencyKey,
    fingerprint: hash('sha256', idempotencyKey, 'buffer'),
  };
  await insertRefund(transaction, refund);
  await transaction.query<ResultSetHeader>(
    `UPDATE order_refunds SET state = 'refunded', provider_refund_id = ?, refunded_at = UTC_TIMESTAMP(3) WHERE refund_id = ?`,
    [id, refund.refundId],
  );
  await insertRefundEvent(transaction, 'refund.succeeded', refund, { reason: 'provider-request', refundId: id });
  return counted === amount ? 'stored' : 'contradicting';
}
