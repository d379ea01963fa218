import type { RowDataPacket } from 'mysql2/promise';
import type { Book, BookedOrderRefund, BookedPayment, BookedReport } from '../../domain/book.js';
import { prefixedPaymentId, providersPaymentId } from '../../domain/payment.js';
import { inArchive } from '../archive/tables.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { atLength } from '../driver/time-limits.js';
import { providersIdsOfP } from '../payments/provider-ids.js';

/** What our books say about payments, archived or not, to be compared with a provider's ledger. */

/** One statement sees an order in the shop or in the archive, never in both and never in none. */
const everywhere = (sql: string): string => `${sql} UNION ALL ${inArchive(sql)}`;

/** What was captured. A payment that is only authorised, or was voided, has moved no money. */
const payments = everywhere(
  `SELECT payment_id AS storedId, order_id AS orderId, amount - uncaptured_amount AS amount, currency, status, refund_id AS refundId,
     refunded_amount AS refundedAmount, received_at AS receivedAt, refunded_at AS refundedAt
   FROM payments FORCE INDEX (PRIMARY) WHERE payment_id IN (?) AND provider = ?
     AND NOT (uncaptured_amount > 0 AND uncaptured_amount = amount)`,
);

const orderRefunds = everywhere(
  `SELECT payment_id AS storedId, refund_id AS refundId, order_id AS orderId, amount, currency, state,
     provider_refund_id AS providerRefundId, refunded_amount AS refundedAmount, refunded_at AS refundedAt
   FROM order_refunds FORCE INDEX (of_payment) WHERE payment_id IN (?) AND amount > 0`,
);

const reportedRefunds = `SELECT payment_id AS paymentId, provider_refund_id AS id, amount, currency, state,
    waiting IS NOT NULL AS waiting, reported_at AS at
  FROM provider_refunds FORCE INDEX (of_payment) WHERE payment_id IN (?) AND provider = ?`;

const disputes = `SELECT payment_id AS paymentId, dispute_id AS id, amount, currency, state,
    waiting IS NOT NULL AS waiting, opened_at AS at
  FROM disputes FORCE INDEX (of_payment) WHERE payment_id IN (?) AND provider = ?`;

/**
 * @param paymentIds the provider's own
 * @throws {DomainError} `dependency-unavailable`
 */
export async function booksOf(
  pool: Pool,
  provider: string,
  paymentIds: readonly string[],
): Promise<ReadonlyMap<string, Book>> {
  if (paymentIds.length === 0) return new Map();
  const stored = paymentIds.flatMap((paymentId) => [paymentId, prefixedPaymentId({ provider, paymentId })]);
  const twice = [stored, provider, stored, provider];
  const paid = await select<BookedPayment>(pool, payments, twice);
  const own = paid.map(({ storedId }) => storedId);
  const [ofOrders, refunds, disputed] = await Promise.all([
    own.length === 0 ? [] : select<BookedOrderRefund & { storedId: string }>(pool, orderRefunds, [own, own]),
    select<Reported>(pool, reportedRefunds, [paymentIds, provider]),
    select<Reported>(pool, disputes, [paymentIds, provider]),
  ]);
  const idOf = (storedId: string) => providersPaymentId({ provider, paymentId: storedId });
  const by = {
    payment: new Map(paid.map((payment) => [idOf(payment.storedId), payment])),
    orderRefunds: Map.groupBy(ofOrders, ({ storedId }) => idOf(storedId)),
    refunds: Map.groupBy(refunds, ({ paymentId }) => paymentId),
    disputes: Map.groupBy(disputed, ({ paymentId }) => paymentId),
  };
  return new Map(
    paymentIds.map((paymentId) => {
      const payment = by.payment.get(paymentId);
      const book: Book = {
        paymentId,
        ...(payment && { payment }),
        orderRefunds: by.orderRefunds.get(paymentId) ?? [],
        reportedRefunds: (by.refunds.get(paymentId) ?? []).map(toReport),
        disputes: (by.disputes.get(paymentId) ?? []).map(toReport),
      };
      return [paymentId, book];
    }),
  );
}

type Reported = Omit<BookedReport, 'waiting'> & { readonly waiting: number; readonly paymentId: string };

const toReport = ({ id, amount, currency, state, waiting, at }: Reported): BookedReport => ({
  ...{ id, amount, currency, state, at },
  waiting: waiting === 1,
});

/** Payments whose money may have moved since a time, and those with a refund that is owed. */
const moved = `SELECT p.payment_id AS storedId FROM payments p FORCE INDEX (PRIMARY)
  WHERE p.payment_id > ? AND p.provider = ? AND (p.received_at >= ? OR p.refunded_at >= ? OR p.returned_amount > 0
    OR p.status = 'refund_required'
    OR EXISTS (SELECT 1 FROM provider_refunds r WHERE r.provider = p.provider AND r.payment_id IN (${providersIdsOfP}))
    OR EXISTS (SELECT 1 FROM disputes d WHERE d.provider = p.provider AND d.payment_id IN (${providersIdsOfP})))
  ORDER BY p.payment_id LIMIT ?`;

const page = `(${moved}) UNION ALL (${inArchive(moved)}) ORDER BY storedId LIMIT ?`;

/**
 * A page of the payments of a provider whose money may have moved since a time, by their ids.
 *
 * @param after our id of the last payment of the page before
 * @returns our ids
 * @throws {DomainError} `dependency-unavailable`
 */
export async function movedPayments(
  pool: Pool,
  provider: string,
  since: Date,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const one = [after, provider, since, since, limit];
  const rows = await select<{ storedId: string }>(pool, page, [...one, ...one, limit]);
  return rows.map(({ storedId }) => storedId);
}

async function select<Row>(pool: Pool, sql: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>({ sql, values: [...values], ...atLength });
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
