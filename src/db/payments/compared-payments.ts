import type { RowDataPacket } from 'mysql2/promise';
import { prefixedPaymentId } from '../../domain/payment.js';
import { alsoArchived, inShop, type Where } from '../archive/also-archived.js';
import { inArchive } from '../archive/tables.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { paymentColumns, type StoredPayment } from './payment-rows.js';

/** Our payments, archived or not, to be compared with what their provider lists. */

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
  const sql = `SELECT ${paymentColumns} FROM payments FORCE INDEX (PRIMARY) WHERE payment_id IN (?) AND provider = ?`;
  return await alsoArchived(
    stored,
    (ids, where) => select(pool, where(sql), [ids, provider]),
    ({ paymentId }) => paymentId,
  );
}

/**
 * A page of the payments that we have received of a provider in this span, by their ids.
 *
 * @param page.after the last payment of the page before
 * @throws {DomainError} `dependency-unavailable`
 */
export async function paymentsReceived(
  pool: Pool,
  provider: string,
  { since, until }: { readonly since: Date; readonly until: Date },
  page: { readonly after: string; readonly limit: number },
): Promise<StoredPayment[]> {
  const read = (where: Where) =>
    select(
      pool,
      where(`SELECT ${paymentColumns} FROM payments FORCE INDEX (PRIMARY)
       WHERE payment_id > ? AND provider = ? AND received_at >= ? AND received_at < ? ORDER BY payment_id LIMIT ?`),
      [page.after, provider, since, until, page.limit],
    );
  // In this sequence: a payment that is archived meanwhile comes twice, and not never.
  const found = [...(await read(inShop)), ...(await read(inArchive))];
  const byId = new Map(found.map((payment) => [payment.paymentId, payment]));
  return [...byId.values()].toSorted((one, other) => (one.paymentId < other.paymentId ? -1 : 1)).slice(0, page.limit);
}

async function select(pool: Pool, sql: string, values: readonly unknown[]): Promise<StoredPayment[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & StoredPayment)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
