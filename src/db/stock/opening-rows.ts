import type { RowDataPacket } from 'mysql2/promise';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { lockLevels } from './locked-stock.js';

/** Products of one transaction: their stock is locked until its end. */
const AT_ONCE = 500;

/**
 * Writes the first row of the ledger for each product that has none: a process of the version before the ledger, or a
 * person, has inserted the product. A product that has a row is not changed, also where its numbers differ from its
 * ledger: a person has to find out which of the two is right.
 *
 * @returns the SKUs whose ledger begins now
 * @throws {DomainError} `dependency-unavailable`
 */
export async function openLedgers(pool: Pool): Promise<string[]> {
  const opened: string[] = [];
  for (;;) {
    const skus = await withoutLedger(pool);
    if (skus.length === 0) return opened;
    await inTransaction(pool, async (transaction) => {
      // Each change of a stock has this lock, so no row appears between the look and the INSERT.
      await lockLevels(transaction, skus);
      await transaction.query(
        `INSERT INTO stock_changes (sku, kind, quantity, reason, changed_by, changed_at, available_after, reserved_after)
         SELECT p.sku, 'opening', p.initial, 'stock without a ledger', 'repair', UTC_TIMESTAMP(3), p.available, p.reserved
         FROM products p WHERE p.sku IN (?) AND NOT EXISTS (SELECT 1 FROM stock_changes c WHERE c.sku = p.sku)
         ORDER BY p.sku`,
        [skus],
      );
    });
    opened.push(...skus);
  }
}

async function withoutLedger(pool: Pool): Promise<string[]> {
  try {
    const [rows] = await pool.query<(RowDataPacket & { sku: string })[]>(
      `SELECT p.sku FROM products p WHERE NOT EXISTS (SELECT 1 FROM stock_changes c WHERE c.sku = p.sku)
       ORDER BY p.sku LIMIT ?`,
      [AT_ONCE],
    );
    return rows.map(({ sku }) => sku);
  } catch (error) {
    throw translated(error);
  }
}
