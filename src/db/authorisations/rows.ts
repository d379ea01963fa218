import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { AuthorisationState } from '../../domain/authorisation.js';
import type { PaymentEvent } from '../../domain/payment.js';
import type { Transaction } from '../driver/transaction.js';

/** The rows of `authorisations`. */
export interface Authorisation {
  readonly paymentId: string;
  readonly state: AuthorisationState;
  /** How often a person has asked for the capture again; 0 at first. */
  readonly attempt: number;
  /** Why the capture can never succeed, in the provider's words. */
  readonly failure: string | null;
  readonly authorisedAt: Date;
  readonly endedAt: Date | null;
}

/** Of `authorisations a`. */
export const authorisationColumns = `a.payment_id AS paymentId, a.state, a.attempt, a.failure,
  a.authorised_at AS authorisedAt, a.ended_at AS endedAt`;

/** Writes that the provider only holds the money of this payment, in the transaction that inserts the payment. */
export async function insertAuthorisation(transaction: Transaction, paymentId: string): Promise<void> {
  await transaction.query('INSERT INTO authorisations (payment_id, authorised_at) VALUES (?, UTC_TIMESTAMP(3))', [
    paymentId,
  ]);
}

/** The caller has locked the order and the payment. */
export async function lockAuthorisation(
  transaction: Transaction,
  paymentId: string,
): Promise<Authorisation | undefined> {
  const [[row]] = await transaction.query<(RowDataPacket & Authorisation)[]>(
    `SELECT ${authorisationColumns} FROM authorisations a WHERE a.payment_id = ? FOR UPDATE`,
    [paymentId],
  );
  return row;
}

/**
 * Marks the begun payment of an authorisation as paid, and asks whether the authorisation may pay. It may not where the
 * payment is being closed at its provider, or is closed: the provider then releases the money, and a capture would be
 * refused. The row decides between this and `startClosing`, whichever comes first.
 */
export async function takesAuthorisation(
  transaction: Transaction,
  { begunId, provider, orderId, paymentId }: PaymentEvent,
): Promise<boolean> {
  const [which, values] =
    begunId === undefined
      ? ['provider = ? AND reference = ?', [provider, paymentId]]
      : ['begun_id = ? AND provider = ? AND order_id = ?', [begunId, provider, orderId]];
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE begun_payments SET state = 'paid', is_open = NULL, payment_id = ?, ended_at = UTC_TIMESTAMP(3)
     WHERE ${which} AND is_open = 1 AND closing = 0`,
    [paymentId, ...values],
  );
  if (affectedRows === 1) return true;
  const [[row]] = await transaction.query<(RowDataPacket & { state: string })[]>(
    `SELECT state FROM begun_payments WHERE ${which} FOR UPDATE`,
    values,
  );
  return row === undefined || row.state === 'paid';
}
