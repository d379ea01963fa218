import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { DisputeReport, ReportStoredAs } from '../../domain/money-report.js';
import { inShop, type Where } from '../archive/also-archived.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import type { Transaction } from '../driver/transaction.js';
import type { StoredPayment } from '../payments/payment-rows.js';
import { insertDisputeEvents } from './dispute-events.js';
import { countMoney } from './make-room.js';

/** A dispute of a payment. `amount` is in minor units. */
export interface Dispute {
  readonly provider: string;
  readonly disputeId: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly state: 'open' | 'won' | 'lost';
  readonly reason: string | null;
  /** Of a lost dispute of a paid order: what counts among the money that went back. */
  readonly taken: number;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

/** Stores a dispute. A closed one stays closed, also where its opening is reported behind its end. */
export async function upsertDispute(transaction: Transaction, report: DisputeReport): Promise<void> {
  const { provider, disputeId, paymentId, amount, currency, outcome, reason } = report;
  const state = outcome ?? 'open';
  await transaction.query(
    `INSERT INTO disputes (provider, dispute_id, payment_id, amount, currency, state, reason, waiting, opened_at, closed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 1, UTC_TIMESTAMP(3), IF(? = 'open', NULL, UTC_TIMESTAMP(3)))
     ON DUPLICATE KEY UPDATE amount = IF(state = 'open', VALUES(amount), amount),
       closed_at = IF(state = 'open', VALUES(closed_at), closed_at), reason = COALESCE(reason, VALUES(reason)),
       state = IF(state = 'open', VALUES(state), state), waiting = 1`,
    [provider, disputeId, paymentId, amount, currency, state, reason?.slice(0, 500) ?? null, state],
  );
}

/**
 * Writes the dispute's events, and counts what a lost dispute has taken of a paid order, once. The caller has locked the
 * order and the payment.
 */
export async function applyDispute(
  transaction: Transaction,
  { provider, id }: { readonly provider: string; readonly id: string },
  payment: StoredPayment,
): Promise<ReportStoredAs> {
  await transaction.query('UPDATE disputes SET waiting = NULL WHERE provider = ? AND dispute_id = ?', [provider, id]);
  await insertDisputeEvents(transaction, { provider, id }, payment);
  const [[lost]] = await transaction.query<(RowDataPacket & Pick<Dispute, 'amount' | 'currency'>)[]>(
    `SELECT amount, currency FROM disputes WHERE provider = ? AND dispute_id = ? AND state = 'lost' AND taken = 0 FOR UPDATE`,
    [provider, id],
  );
  if (lost === undefined || payment.status !== 'accepted') return 'stored';
  const { amount, currency } = lost;
  if (currency !== payment.currency) return 'contradicting';
  const taken = await countMoney(
    transaction,
    payment,
    amount,
    `${amount} ${currency} were lost in dispute ${id} of ${provider}`,
  );
  await transaction.query<ResultSetHeader>('UPDATE disputes SET taken = ? WHERE provider = ? AND dispute_id = ?', [
    taken,
    provider,
    id,
  ]);
  return taken === amount ? 'stored' : 'contradicting';
}

const columns = `d.provider, d.dispute_id AS disputeId, d.payment_id AS paymentId, d.amount, d.currency, d.state, d.reason,
  d.taken, d.opened_at AS openedAt, d.closed_at AS closedAt`;

/** Disputes that wait for evidence or for the bank, the oldest first. */
export const openDisputes = (pool: Pool): Promise<Dispute[]> =>
  select(pool, `SELECT ${columns} FROM disputes d WHERE d.state = 'open' ORDER BY d.opened_at, d.dispute_id`, []);

/** The disputes of these payments, by our ids of them; the oldest first. */
export async function disputesOf(pool: Pool, paymentIds: readonly string[], where: Where = inShop): Promise<Dispute[]> {
  if (paymentIds.length === 0) return [];
  return await select(
    pool,
    where(`SELECT ${columns} FROM payments p JOIN disputes d ON d.provider = p.provider
       AND p.payment_id IN (d.payment_id, CONCAT(d.provider, ':', d.payment_id))
     WHERE p.payment_id IN (?) ORDER BY d.opened_at, d.dispute_id`),
    [paymentIds],
  );
}

export async function countOpenDisputes(pool: Pool): Promise<number> {
  try {
    const [[row]] = await pool.query<(RowDataPacket & { count: number })[]>(
      "SELECT COUNT(*) AS count FROM disputes FORCE INDEX (by_state) WHERE state = 'open'",
    );
    return row?.count ?? 0;
  } catch (error) {
    throw translated(error);
  }
}

async function select(pool: Pool, sql: string, values: readonly unknown[]): Promise<Dispute[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Dispute)[]>(sql, [...values]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
