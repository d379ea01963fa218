import type { RowDataPacket } from 'mysql2/promise';
import { prefixedPaymentId } from '../../domain/payment.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { paymentColumns, type StoredPayment } from './payment-rows.js';

/** Our payments, to be compared with what their provider lists. */

/**
 * The payments of a provider among these ids, which are the provider's own.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function paymentsAmong(
  pool: Pool,
  provider: string,
  paymentIds: readonly string[],
): Promise<StoredPayment[]> {
  if (paymentIds.length === 0) return [];
  const stored = paymentIds.flatMap((paymentId) => [paymentId, prefixedPaymentId({ provider, paymentId })]);
  return await select(
    pool,
    `SELECT ${paymentColumns} FROM payments FORCE INDEX (PRIMARY) WHERE payment_id IN (?) AND provider = ?`,
    [stored, provider],
  );
}

/**
 * A page of the payments that we have received of a provider in this span, by their ids.
 *
 * @param page.after the last payment of the page before
 * @throws {DomainError} `dependency-unavailable`
 */
export const paymentsReceived = (
  pool: Pool,
  provider: string,
  { since, until }: { readonly since: Date; readonly until: Date },
  page: { readonly after: string; readonly limit: number },
): Promise<StoredPayment[]> =>
  select(
    pool,
    `SELECT ${paymentColumns} FROM payments FORCE INDEX (PRIMARY)
     WHERE payment_id > ? AND provider = ? AND received_at >= ? AND received_at < ? ORDER BY payment_id LIMIT ?`,
    [page.after, provider, since, until, page.limit],
  );

async function select(pool: Pool, sql: string, values: readonly unknown[]): Promise<StoredPayment[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & StoredPayment)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
