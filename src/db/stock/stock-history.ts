import type { RowDataPacket } from 'mysql2/promise';
import type { StockHistory } from '../../domain/stock-change.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { type ChangeRow, changeColumns, toChange } from './change-rows.js';

/**
 * A page of the ledger of a SKU, the newest change first. The lock of the stock gives the changes of a SKU their order,
 * so no change appears on a page that was read before.
 *
 * @param page.before the changes before the one with this id
 * @returns `undefined` when there is no such product
 * @throws {DomainError} `dependency-unavailable`
 */
export async function stockHistory(
  pool: Pool,
  sku: string,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<StockHistory | undefined> {
  try {
    const [rows] = await pool.query<ChangeRow[]>(
      `SELECT ${changeColumns} FROM stock_changes
       WHERE sku = ? ${before === undefined ? '' : 'AND change_id < ?'} ORDER BY change_id DESC LIMIT ?`,
      [sku, ...(before === undefined ? [] : [before]), limit + 1],
    );
    if (rows.length === 0) {
      const [products] = await pool.query<RowDataPacket[]>('SELECT sku FROM products WHERE sku = ?', [sku]);
      if (products.length === 0) return undefined;
    }
    const changes = rows.slice(0, limit).map(toChange);
    const last = changes.at(-1);
    return { changes, ...(rows.length > limit && last && { before: last.changeId }) };
  } catch (error) {
    throw translated(error);
  }
}
