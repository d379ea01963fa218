import type { RowDataPacket } from 'mysql2/promise';
import type { StockLevel } from '../../domain/stock-change.js';
import type { Transaction } from '../driver/transaction.js';

/** MariaDB reads a longer list by a temporary table, and then locks the rows in no order. */
const LONGEST_LIST = 900;

/** Locks the stock of SKUs in the order of the table's key, as reservations and settlements do. */
export async function lockLevels(
  transaction: Transaction,
  skus: readonly string[],
): Promise<ReadonlyMap<string, StockLevel>> {
  const levels = new Map<string, StockLevel>();
  // The key compares code points, as the bytes of UTF-8 do.
  const sorted = [...new Set(skus)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (let at = 0; at < sorted.length; at += LONGEST_LIST) {
    const [rows] = await transaction.query<(RowDataPacket & StockLevel & { sku: string })[]>(
      `SELECT sku, available, reserved, sold FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
      [sorted.slice(at, at + LONGEST_LIST)],
    );
    for (const { sku, available, reserved, sold } of rows) levels.set(sku, { available, reserved, sold });
  }
  return levels;
}
