import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Product, RequestedLine } from '../domain/allocation.js';
import type { CheckoutRequest } from '../domain/checkout.js';
import { isLockWait, translated } from './connection-errors.js';
import type { Pool } from './pool.js';
import { inTransaction, type Transaction } from './transaction.js';

/** `given` is what is reserved and sold of it: 0 as long as no order has it. */
type StockedProduct = Product & { readonly given: number };

/** The ORDER BY is the one order in which every transaction locks its SKUs, so that two never wait for each other. */
export async function lockStock(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
): Promise<{ products: StockedProduct[]; now: Date }> {
  const skus = [...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)))];
  const [rows] = await transaction.query<(RowDataPacket & StockedProduct & { now: Date })[]>(
    `SELECT sku, unit_price AS unitPrice, currency, available, reserved + sold AS given, UTC_TIMESTAMP(3) AS now
     FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
    [skus],
  );
  return { products: rows, now: rows[0]?.now ?? new Date(0) };
}

/**
 * Waits in the turn of all who want `skus`, for as long as a transaction waits for a lock; holds none afterwards.
 *
 * @returns those that another transaction holds still
 */
export async function awaitStock(pool: Pool, skus: readonly string[]): Promise<ReadonlySet<string>> {
  if (skus.length === 0) return new Set();
  const sql = 'SELECT sku FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE';
  try {
    await inTransaction(pool, (transaction) => transaction.query(sql, [skus]), { 'lock wait': 1 });
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

/** The condition repeats what the locks promise: stock is never taken that is not there, whoever calls this. */
export async function takeStock(transaction: Transaction, taken: readonly RequestedLine[]): Promise<void> {
  const quantities = `CASE sku ${taken.map(() => 'WHEN ? THEN ?').join(' ')} END`;
  const values = taken.flatMap(({ sku, quantity }) => [sku, quantity]);
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE products SET available = available - ${quantities}, reserved = reserved + ${quantities}
     WHERE sku IN (?) AND available >= ${quantities}`,
    [...values, ...values, taken.map(({ sku }) => sku), ...values],
  );
  if (affectedRows !== taken.length) throw new Error(`took stock of ${affectedRows} SKUs instead of ${taken.length}`);
}
