import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Product, RequestedLine } from '../../domain/allocation.js';
import type { CheckoutRequest } from '../../domain/checkout.js';
import { isLockWait, translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';

/** `isMarked`: that it was reserved is in `products_in_use`. */
type StockedProduct = Product & { readonly isMarked: boolean };

/** The ORDER BY is the one order in which every transaction locks its SKUs, so that two never wait for each other. */
export async function lockStock(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
): Promise<{ products: StockedProduct[]; now: Date }> {
  const skus = [...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)))];
  const [rows] = await transaction.query<(RowDataPacket & StockedProduct & { now: Date })[]>(
    `SELECT sku, unit_price AS unitPrice, currency, available, UTC_TIMESTAMP(3) AS now,
       EXISTS (SELECT 1 FROM products_in_use marked WHERE marked.sku = products.sku) AS isMarked
     FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
    [skus],
  );
  const products = rows.map((row) => ({ ...row, isMarked: Boolean(row.isMarked) }));
  return { products, now: rows[0]?.now ?? new Date(0) };
}

/** What buyers wait for held stock at the most, beside the last lock wait that began within it. */
const TURN_MS = 3_000;

/**
 * Waits for the stock of `skus`, one by one, each in the database's own queue for its lock. Nothing else is locked
 * meanwhile, and nothing afterwards: a free SKU stays free for its other buyers.
 *
 * @param skus those that another transaction was seen to hold
 * @returns those that another transaction holds still
 */
export async function awaitStock(pool: Pool, skus: readonly string[]): Promise<ReadonlySet<string>> {
  const end = Date.now() + TURN_MS;
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

/** Those of `skus` that another transaction holds at this moment. Waits for none, and holds none afterwards. */
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

/** From now on the schema refuses to delete or rename these products. The caller holds their rows locked. */
export async function markInUse(transaction: Transaction, skus: readonly string[]): Promise<void> {
  if (skus.length === 0) return;
  await transaction.query(
    'INSERT INTO products_in_use (sku) VALUES ? ON DUPLICATE KEY UPDATE sku = products_in_use.sku',
    [skus.map((sku) => [sku])],
  );
}

/**
 * The condition repeats what the locks promise: stock is never taken that is not there, whoever calls this. The
 * join reads each product once, by its key; the columns of the list have the type of that key, without which
 * the join would read the whole table.
 */
export async function takeStock(transaction: Transaction, taken: readonly RequestedLine[]): Promise<void> {
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
       sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PATH '$.sku',
       quantity BIGINT PATH '$.quantity')) AS taken
     STRAIGHT_JOIN products FORCE INDEX (PRIMARY) ON products.sku = taken.sku
     SET available = available - taken.quantity, reserved = reserved + taken.quantity
     WHERE available >= taken.quantity`,
    [JSON.stringify(taken)],
  );
  if (affectedRows !== taken.length) throw new Error(`took stock of ${affectedRows} SKUs instead of ${taken.length}`);
}
