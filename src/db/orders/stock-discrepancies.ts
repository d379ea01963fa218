import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';

/** Stock that a settlement could not move. A person corrects the stock and sets `resolved_at`. */
export interface StockDiscrepancy {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly movement: 'sold' | 'released';
  readonly cause: 'product-missing' | 'not-reserved' | 'stock-inconsistent';
}

/**
 * @returns how many discrepancies are not resolved, and the newest `limit` of them.
 *
 * @throws {DomainError} `dependency-unavailable`
 */
export async function unresolvedDiscrepancies(
  pool: Pool,
  { limit }: { readonly limit: number },
): Promise<{ readonly count: number; readonly newest: readonly StockDiscrepancy[] }> {
  try {
    const [[total]] = await pool.query<(RowDataPacket & { n: number })[]>(
      'SELECT COUNT(*) AS n FROM stock_discrepancies WHERE resolved_at IS NULL',
    );
    if (total === undefined || total.n === 0) return { count: 0, newest: [] };
    const [rows] = await pool.query<(RowDataPacket & StockDiscrepancy)[]>(
      `SELECT order_id AS orderId, sku, quantity, movement, cause FROM stock_discrepancies
       WHERE resolved_at IS NULL ORDER BY found_at DESC LIMIT ?`,
      [limit],
    );
    return { count: total.n, newest: rows };
  } catch (error) {
    throw translated(error);
  }
}
