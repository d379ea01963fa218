import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../domain/errors.js';
import { isRefundReport, type MoneyReport, type ReportStoredAs } from '../../domain/money-report.js';
import { prefixedPaymentId } from '../../domain/payment.js';
import { bringBackStored } from '../archive/archived-payments.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { lockOrderOf } from '../payments/payment-events.js';
import { lockPayment, type StoredPayment } from '../payments/payment-rows.js';
import { applyDispute, upsertDispute } from './disputes.js';
import { applyRefund, upsertRefund } from './provider-refunds.js';

/**
 * Stores what a provider reports about a payment's refunds and disputes, once, and changes the books in the same
 * transaction. The locks have the sequence of every settlement: the order, the payment, its refunds. A report of a payment
 * that is not known, or not decided, is kept; a sweep applies it later.
 *
 * @throws {DomainError} `event-conflict` when the event's id was stored with other bytes, `dependency-unavailable`
 */
export async function storeReport(pool: Pool, report: MoneyReport): Promise<ReportStoredAs> {
  return await inTransaction(pool, async (transaction) => {
    await bringBackStored(transaction, report);
    const payment = await lockReported(transaction, report);
    if (!(await isNew(transaction, report, payment))) return 'repeated';
    if (isRefundReport(report)) await upsertRefund(transaction, report);
    else await upsertDispute(transaction, report);
    if (payment === undefined || payment.status === 'received') return 'unplaced';
    return isRefundReport(report)
      ? await applyRefund(transaction, { ...report, id: report.refundId }, payment)
      : await applyDispute(transaction, { ...report, id: report.disputeId }, payment);
  });
}

/** Locks the payment that a provider means, after its order. The id may be stored with the provider's name in front. */
export async function lockReported(
  transaction: Transaction,
  { provider, paymentId }: Pick<MoneyReport, 'provider' | 'paymentId'>,
): Promise<StoredPayment | undefined> {
  const [[found]] = await transaction.query<(RowDataPacket & { paymentId: string })[]>(
    'SELECT payment_id AS paymentId FROM payments WHERE payment_id IN (?) AND provider = ?',
    [[paymentId, prefixedPaymentId({ provider, paymentId })], provider],
  );
  if (found === undefined) return undefined;
  await lockOrderOf(transaction, found.paymentId);
  return await lockPayment(transaction, found.paymentId);
}

/**
 * The key of the events lets each event be stored once. The read locks, because the first may be just committing (ADR
 * 23).
 */
async function isNew(
  transaction: Transaction,
  { provider, eventId, bodySha256, type, paymentId }: MoneyReport,
  payment: StoredPayment | undefined,
): Promise<boolean> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `INSERT INTO payment_events (provider, event_id, body_sha256, type, payment_id, order_id, received_at)
     VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE event_id = payment_events.event_id`,
    [provider, eventId, bodySha256, type, paymentId, payment?.orderId ?? ''],
  );
  if (affectedRows === 1) return true;
  const [[first]] = await transaction.query<(RowDataPacket & { body_sha256: Buffer })[]>(
    'SELECT body_sha256 FROM payment_events WHERE provider = ? AND event_id = ? FOR UPDATE',
    [provider, eventId],
  );
  if (first?.body_sha256.equals(bodySha256)) return false;
  throw new DomainError('event-conflict', `the event id ${eventId} was used before with another body`);
}
