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
  readonly settledAt: Date;
}

/**
 * Orders that ended at least `minAgeMs` ago and whose reports are due, the oldest first. Reads the index of the due
 * reports only.
 *
 * @param page.after the last order of the previous page
 * @throws {DomainError} `dependency-unavailable`
 */
export async function dueReports(
  pool: Pool,
  page: {
    readonly minAgeMs: number;
    readonly limit: number;
    readonly after?: Pick<DueReport, 'settledAt' | 'orderId'> | undefined;
  },
): Promise<DueReport[]> {
  const { minAgeMs, limit, after } = page;
  try {
    const [rows] = await pool.query<(RowDataPacket & DueReport)[]>(
      `SELECT order_id AS orderId, payment_id AS paymentId, cancel_reason AS cancelReason, settled_at AS settledAt
       FROM orders FORCE INDEX (reports_due)
       WHERE report_due = 1 ${after ? 'AND ((settled_at = ? AND order_id > ?) OR settled_at > ?)' : ''}
         AND settled_at <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
       ORDER BY settled_at, order_id LIMIT ?`,
      [...(after ? [after.settledAt, after.orderId, after.settledAt] : []), minAgeMs * 1_000, limit],
    );
    return rows;
  } catch (error) {
    throw translated(error);
  }
}

/** How many reports are due, and how many seconds ago the oldest of these orders ended. Reads the same index. */
export async function countDueReports(pool: Pool): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
  try {
    const [rows] = await pool.query<(RowDataPacket & { count: number; oldestSeconds: number })[]>(
      `SELECT COUNT(*) AS count, COALESCE(TIMESTAMPDIFF(SECOND, MIN(settled_at), UTC_TIMESTAMP(3)), 0) AS oldestSeconds
       FROM orders FORCE INDEX (reports_due) WHERE report_due = 1`,
    );
    return rows[0] ?? { count: 0, oldestSeconds: 0 };
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
