import type { RowDataPacket } from 'mysql2/promise';
import type { CaptureAt } from '../../domain/authorisation.js';
import type { BeginAs } from '../../domain/begun-payment.js';
import type { Transaction } from '../driver/transaction.js';

/** A payment that was begun here, of `begun_payments`. */
export interface BegunPayment {
  readonly begunId: string;
  readonly orderId: string;
  readonly provider: string;
  readonly as: BeginAs;
  readonly returnUrl: string | null;
  readonly cancelUrl: string | null;
  /** As the provider was asked at first, so that each try asks for the same. */
  readonly capture: CaptureAt;
  /** The provider's id; null until the provider's answer is stored. No customer can pay without that answer. */
  readonly reference: string | null;
  readonly state: 'begun' | 'paid' | 'closed' | 'refused';
}

export const begunColumns = `begun_id AS begunId, order_id AS orderId, provider, begun_as AS \`as\`,
  return_url AS returnUrl, cancel_url AS cancelUrl, capture, reference, state`;

/** The caller has locked the order. A locking read, since the caller may have waited for that lock (ADR 23). */
export async function lockOpenOf(transaction: Transaction, orderId: string): Promise<BegunPayment[]> {
  const [rows] = await transaction.query<(RowDataPacket & BegunPayment)[]>(
    `SELECT ${begunColumns} FROM begun_payments FORCE INDEX (one_open)
     WHERE order_id = ? AND is_open = 1 ORDER BY begun_id FOR UPDATE`,
    [orderId],
  );
  return rows;
}
