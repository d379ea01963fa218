import type { RowDataPacket } from 'mysql2/promise';
import type { RefundReason } from '../domain/order.js';
import { translated } from './connection-errors.js';
import type { Pool } from './pool.js';

/** Money that was decided to go back and has not yet. `forSeconds` is by the database's clock. */
export interface OwedRefund {
  readonly paymentId: string;
  readonly provider: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly reason: RefundReason;
  readonly forSeconds: number;
}

const owedFor = 'TIMESTAMPDIFF(SECOND, decided_at, UTC_TIMESTAMP(3))';

/** The oldest first. */
export async function owedRefunds(pool: Pool): Promise<OwedRefund[]> {
  return await select<OwedRefund>(
    pool,
    `SELECT payment_id AS paymentId, provider, order_id AS orderId, amount, currency, refund_reason AS reason,
       ${owedFor} AS forSeconds
     FROM payments WHERE status = 'refund_required' ORDER BY decided_at, payment_id`,
  );
}

export async function countOwedRefunds(
  pool: Pool,
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  const [owed] = await select<{ count: number; oldestSeconds: number }>(
    pool,
    `SELECT COUNT(*) AS count, COALESCE(MAX(${owedFor}), 0) AS oldestSeconds
     FROM payments WHERE status = 'refund_required'`,
  );
  return owed ?? { count: 0, oldestSeconds: 0 };
}

async function select<Row>(pool: Pool, sql: string): Promise<Row[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & Row)[]>(sql);
    return rows;
  } catch (error) {
    throw translated(error);
  }
}
