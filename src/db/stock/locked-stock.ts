import type { RowDataPacket } from 'mysql2/promise';
import type { StockLevel } from '../../domain/stock-change.js';
import type { Transaction } from '../driver/transaction.js';
import { inParts } from '../sku-parts.js';

/** Locks the stock of SKUs in the order of the table's key, as reservations and settlements do. */
export async function lockLevels(
  transaction: Transaction,
  skus: readonly string[],
): Promise<ReadonlyMap<string, StockLevel>> {
  const levels = new Map<string, StockLevel>();
  for (const part of inParts([...new Set(skus)].map((sku) => ({ sku })))) {
    const [rows] = await transaction.query<(RowDataPacket & StockLevel & { sku: string })[]>(
      `SELECT sku, available, reserved, sold FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
      [part.map(({ sku }) => sku)],
    );
    for (const { sku, available, reserved, sold } of rows) levels.set(sku, { available, reserved, sold });
  }
  return levels;
}
