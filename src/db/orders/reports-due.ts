import type { RowDataPacket } from 'mysql2/promise';
import type { CancelReason } from '../../domain/order.js';
import { translated } from '../driver/connection-errors.js';
import { createGroupCommit } from '../driver/group-commit.js';
import type { Pool } from '../driver/pool.js';

/** An order that has ended, and whose workflow has no report of the end yet. */
export interface DueReport {
  readonly orderId: string;
  readonly paymentId: string | null;
  readonly cancelReason: CancelReason | null;
}

/**
 * Orders that ended at least `minAgeMs` ago and whose reports are due, the oldest first. Reads the index of the due
 * reports only.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function dueReports(
  pool: Pool,
  { minAgeMs, limit }: { readonly minAgeMs: number; readonly limit: number },
): Promise<DueReport[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & DueReport)[]>(
      `SELECT order_id AS orderId, payment_id AS paymentId, cancel_reason AS cancelReason
       FROM orders FORCE INDEX (reports_due)
       WHERE report_due = 1 AND settled_at <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
       ORDER BY settled_at LIMIT ?`,
      [minAgeMs * 1_000, limit],
    );
    return rows;
  } catch (error) {
    throw translated(error);
  }
}

/** Marks the report of an order as done. Calls at the same time share one statement. */
export const createReported = (pool: Pool): ((orderId: string) => Promise<void>) =>
  createGroupCommit(
    async (orderIds: readonly string[]) => {
      await pool
        .query('UPDATE orders FORCE INDEX (PRIMARY) SET report_due = NULL WHERE order_id IN (?)', [
          [...orderIds].sort(),
        ])
        .catch((error) => {
          throw translated(error);
        });
      return orderIds.map(() => undefined);
    },
    { largest: 200, atOnce: 1, waiting: 5_000 },
  );
