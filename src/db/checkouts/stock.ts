import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Product, RequestedLine } from '../../domain/allocation.js';
import type { CheckoutRequest } from '../../domain/checkout.js';
import { isLockWait, translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';

/** `isMarked`: `products_in_use` has a row for the product. */
type StockedProduct = Product & { readonly isMarked: boolean };

/**
 * Every transaction locks its SKUs in the order of this ORDER BY, so that two transactions never wait for each other.
 */
export async function lockStock(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
): Promise<{ products: StockedProduct[]; now: Date }> {
  const skus = [...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)))];
  const [rows] = await transaction.query<(RowDataPacket & StockedProduct & { now: Date })[]>(
    `SELECT sku, unit_price AS unitPrice, currency, available, active, max_per_order AS maxPerOrder,
       UTC_TIMESTAMP(3) AS now,
       EXISTS (SELECT 1 FROM products_in_use marked WHERE marked.sku = products.sku) AS isMarked
     FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
    [skus],
  );
  const products = rows.map((row) => ({ ...row, active: Boolean(row.active), isMarked: Boolean(row.isMarked) }));
  return { products, now: rows[0]?.now ?? new Date(0) };
}

/** How long a buyer waits for locked stock: as one lock wait (pool.ts). A lock wait that began runs to its own end. */
const STOCK_WAIT_LIMIT_MS = 3_000;

/**
 * Waits for the lock of each SKU in turn, in the database's own queue. Locks one SKU at a time and releases the lock
 * at once, so that other buyers can take the SKU.
 *
 * @param skus SKUs that another transaction held
 * @returns the SKUs that another transaction still holds
 */
export async function awaitStock(pool: Pool, skus: readonly string[]): Promise<ReadonlySet<string>> {
  const end = Date.now() + STOCK_WAIT_LIMIT_MS;
  try {
    for (const sku of skus) {
      if (Date.now() >= end) return await lockedAmong(pool, skus);
      const lock = 'SELECT sku FROM products WHERE sku = ? FOR UPDATE';
      await inTransaction(pool, (transaction) => transaction.query(lock, [sku]), { 'lock wait': 1 });
    }
    return new Set();
  } catch (error) {
    if (!isLockWait(error)) throw error;
    return await lockedAmong(pool, skus);
  }
}

/** The SKUs that another transaction holds at this moment. Waits for no lock, and holds no lock afterwards. */
export async function lockedAmong(pool: Pool, skus: readonly string[]): Promise<ReadonlySet<string>> {
  const select = async (lock: string) => {
    const sql = `SELECT sku FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ${lock}`;
    const [rows] = await pool.query<(RowDataPacket & { sku: string })[]>(sql, [skus]);
    return rows.map(({ sku }) => sku);
  };
  try {
    const locked = new Set(await select(''));
    for (const sku of await select('FOR UPDATE SKIP LOCKED')) locked.delete(sku);
    return locked;
  } catch (error) {
    throw translated(error);
  }
}

/** Makes the schema refuse to delete or rename these products. The caller has locked their rows. */
export async function markInUse(transaction: Transaction, skus: readonly string[]): Promise<void> {
  if (skus.length === 0) return;
  await transaction.query(
    'INSERT INTO products_in_use (sku) VALUES ? ON DUPLICATE KEY UPDATE sku = products_in_use.sku',
    [skus.map((sku) => [sku])],
  );
}

/**
 * Moves stock from `available` to `reserved`. The WHERE refuses stock that is not there, also for a caller without the
 * locks. The columns of the list have the type of the table's key: with other types the join reads the whole table.
 */
export async function takeStock(transaction: Transaction, taken: readonly RequestedLine[]): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
       sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
       quantity BIGINT PATH '$.quantity')) AS taken
     STRAIGHT_JOIN products FORCE INDEX (PRIMARY) ON products.sku = taken.sku
     SET available = available - taken.quantity, reserved = reserved + taken.quantity
     WHERE available >= taken.quantity`,
    [JSON.stringify(taken)],
  );
  if (affectedRows !== taken.length) throw new Error(`took stock of ${affectedRows} SKUs instead of ${taken.length}`);
}
