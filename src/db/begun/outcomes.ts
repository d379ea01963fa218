import type { ResultSetHeader } from 'mysql2/promise';
import { AFTER_DEADLINE } from '../../domain/begun-payment.js';
import type { PaymentEvent } from '../../domain/payment.js';
import { translated } from '../driver/connection-errors.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';
import type { BegunPayment } from './rows.js';

/** What becomes of a begun payment. Each of these may run any number of times: the WHERE takes open rows only. */

type Key = Pick<BegunPayment, 'begunId'>;

/** Records that no customer can pay it any more. @throws {DomainError} `dependency-unavailable` */
export const markClosed = (pool: Pool, { begunId }: Key): Promise<void> =>
  update(
    pool,
    `UPDATE begun_payments SET state = 'closed', is_open = NULL, ended_at = UTC_TIMESTAMP(3)
     WHERE begun_id = ? AND is_open = 1`,
    [begunId],
  );

/**
 * Says that the payment is about to be closed at its provider, where this releases money that is authorised meanwhile: from
 * now on no authorisation of it pays an order. The row decides between this and an authorisation that arrives.
 *
 * @returns false when the payment is not open any more
 */
export async function startClosing(pool: Pool, { begunId }: Key): Promise<boolean> {
  try {
    const [{ affectedRows }] = await pool.query<ResultSetHeader>(
      'UPDATE begun_payments SET closing = closing + 1 WHERE begun_id = ? AND is_open = 1',
      [begunId],
    );
    return affectedRows === 1;
  } catch (error) {
    throw translated(error);
  }
}

/** Records why the provider does not begin this payment. Another request then begins another one, under another key. */
export const markRefused = (pool: Pool, { begunId }: Key, why: string): Promise<void> =>
  update(
    pool,
    `UPDATE begun_payments SET state = 'refused', failure = ?, is_open = NULL, ended_at = UTC_TIMESTAMP(3)
     WHERE begun_id = ? AND is_open = 1 AND reference IS NULL`,
    [why.slice(0, 500), begunId],
  );

/**
 * Marks the begun payments that these events report as paid, in the transaction that stores the events. The caller has
 * locked the orders. A row is found by its own id where the provider's event has this id, else by the provider's id of the
 * payment. An authorisation has its row marked where it is stored (`takesAuthorisation`).
 */
export async function markPaid(transaction: Transaction, events: readonly PaymentEvent[]): Promise<void> {
  const paid = events.filter(({ type }) => type === 'payment.succeeded');
  const together = inOneRoundTrip(transaction);
  const byReference = Map.groupBy(
    paid.filter(({ begunId }) => begunId === undefined),
    ({ provider }) => provider,
  );
  await Promise.all([
    ...[...byReference].map(([provider, group]) =>
      together.query(
        `UPDATE begun_payments FORCE INDEX (one_reference)
         SET state = 'paid', is_open = NULL, payment_id = reference, ended_at = UTC_TIMESTAMP(3)
         WHERE provider = ? AND reference IN (?) AND is_open = 1`,
        [provider, group.map(({ paymentId }) => paymentId)],
      ),
    ),
    ...paid.flatMap(({ begunId, provider, orderId, paymentId }) =>
      begunId === undefined
        ? []
        : together.query(
            `UPDATE begun_payments FORCE INDEX (PRIMARY)
             SET state = 'paid', is_open = NULL, payment_id = ?, ended_at = UTC_TIMESTAMP(3)
             WHERE begun_id = ? AND provider = ? AND order_id = ? AND is_open = 1`,
            [paymentId, begunId, provider, orderId],
          ),
    ),
  ]);
}

/** The orders of these payments have ended: the sweep closes what is still open, at once. */
export async function makeDue(transaction: Transaction, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return;
  await transaction.query(
    `UPDATE begun_payments FORCE INDEX (one_open) SET due_at = UTC_TIMESTAMP(3), looks = 0
     WHERE order_id IN (?) AND is_open = 1`,
    [orderIds],
  );
}

/** The deadline of the order has been moved to this moment: no open payment is looked at later than shortly after it. */
export async function lookBy(transaction: Transaction, orderId: string, deadline: Date): Promise<void> {
  await transaction.query(
    `UPDATE begun_payments FORCE INDEX (one_open) SET due_at = LEAST(due_at, ? + INTERVAL ? MICROSECOND)
     WHERE order_id = ? AND is_open = 1`,
    [deadline, AFTER_DEADLINE * 1_000, orderId],
  );
}

async function update(pool: Pool, sql: string, values: readonly unknown[]): Promise<void> {
  try {
    await pool.query(sql, [...values]);
  } catch (error) {
    throw translated(error);
  }
}
