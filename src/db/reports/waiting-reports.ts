import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { applyDispute } from './disputes.js';
import { applyRefund } from './provider-refunds.js';
import { lockReported } from './store-report.js';

/** Reports of one turn; the next turn takes the rest. A rule of thumb. */
const LARGEST_TURN = 1_000;

const decided = `payments p ON p.provider = r.provider AND p.payment_id IN (r.payment_id, CONCAT(r.provider, ':', r.payment_id))
  AND p.status <> 'received'`;

interface Waiting extends RowDataPacket {
  readonly provider: string;
  readonly id: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: 'refund.succeeded' | 'refund.failed';
  readonly key: string | null;
}

/**
 * Applies the reports that came before their payment, or while it was undecided. Each has a transaction of its own, and a
 * second one changes nothing.
 *
 * @returns how many reports
 * @throws {DomainError} `dependency-unavailable`
 */
export async function applyWaitingReports(pool: Pool): Promise<number> {
  const refunds = await select(
    pool,
    `SELECT r.provider, r.provider_refund_id AS id, r.payment_id AS paymentId, r.amount, r.currency, r.refund_key AS \`key\`,
       IF(r.state = 'failed', 'refund.failed', 'refund.succeeded') AS type
     FROM provider_refunds r FORCE INDEX (waits) STRAIGHT_JOIN ${decided} WHERE r.waiting = 1 LIMIT ?`,
  );
  const disputes = await select(
    pool,
    `SELECT r.provider, r.dispute_id AS id, r.payment_id AS paymentId
     FROM disputes r FORCE INDEX (waits) STRAIGHT_JOIN ${decided} WHERE r.waiting = 1 LIMIT ?`,
  );
  for (const { key, ...refund } of refunds) {
    await inTransaction(pool, async (transaction) => {
      const payment = await lockReported(transaction, refund);
      const report = { ...refund, ...(key !== null && { key }) };
      if (payment !== undefined && payment.status !== 'received') await applyRefund(transaction, report, payment);
    });
  }
  for (const dispute of disputes) {
    await inTransaction(pool, async (transaction) => {
      const payment = await lockReported(transaction, dispute);
      if (payment !== undefined && payment.status !== 'received') await applyDispute(transaction, dispute, payment);
    });
  }
  return refunds.length + disputes.length;
}

async function select(pool: Pool, sql: string): Promise<Waiting[]> {
  try {
    const [rows] = await pool.query<Waiting[]>(sql, [LARGEST_TURN]);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
