import type { RowDataPacket } from 'mysql2/promise';
import type { RefundReason } from '../../domain/order.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/**
 * A payment that still has to be refunded or decided. `amount` is in minor units, `forSeconds` by the database's clock.
 */
export interface OpenPayment {
  readonly paymentId: string;
  readonly provider: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: 'refund_required' | 'refund_failed' | 'unplaced';
  readonly reason: RefundReason | null;
  /** Why the refund can never succeed. */
  readonly failure: string | null;
  readonly forSeconds: number;
}

const owedFor = 'TIMESTAMPDIFF(SECOND, COALESCE(decided_at, received_at), UTC_TIMESTAMP(3))';

/** Refunds that are owed and payments that wait for a person, the oldest first. */
export async function openPayments(pool: Pool): Promise<OpenPayment[]> {
  return await select<OpenPayment>(
    pool,
    `SELECT payment_id AS paymentId, provider, order_id AS orderId, amount, currency, status, refund_reason AS reason,
       refund_failure AS failure, ${owedFor} AS forSeconds
     FROM payments WHERE status IN ('refund_required', 'refund_failed', 'unplaced')
     ORDER BY COALESCE(decided_at, received_at), payment_id`,
  );
}

/** Payments that are to go back, and refunds of paid orders. */
export async function countOwedRefunds(
  pool: Pool,
): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  const [owed] = await select<{ count: number; oldestSeconds: number }>(
    pool,
    `SELECT COUNT(*) AS count, COALESCE(MAX(seconds), 0) AS oldestSeconds FROM (
       SELECT ${owedFor} AS seconds FROM payments WHERE status = 'refund_required'
       UNION ALL SELECT TIMESTAMPDIFF(SECOND, required_at, UTC_TIMESTAMP(3)) FROM order_refunds WHERE state = 'required'
     ) owed`,
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
