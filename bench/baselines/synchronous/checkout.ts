import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';

export interface SynchronousCheckout {
  readonly userId: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
}

type Price = RowDataPacket & { readonly sku: string; readonly unit_price: number; readonly currency: string };

const tables = [
  `CREATE TABLE stock (
    sku VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    unit_price BIGINT NOT NULL, currency CHAR(3) NOT NULL, available BIGINT NOT NULL, reserved BIGINT NOT NULL,
    CONSTRAINT stock_never_negative CHECK (available >= 0))`,
  `CREATE TABLE placed_orders (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL, idempotency_key VARCHAR(255) CHARACTER SET ascii NOT NULL, amount BIGINT NOT NULL,
    currency CHAR(3) NOT NULL, read_token CHAR(43) NOT NULL, expires_at DATETIME(3) NOT NULL,
    UNIQUE KEY (user_id, idempotency_key))`,
  `CREATE TABLE placed_items (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, sku VARCHAR(64) NOT NULL, quantity INT NOT NULL,
    unit_price BIGINT NOT NULL, PRIMARY KEY (order_id, sku))`,
];

/** Creates the tables of the synchronous shop in an empty database. */
export async function createSynchronousTables(pool: Pool, skus: readonly string[]): Promise<void> {
  for (const table of tables) await pool.query(table);
  await pool.query('INSERT INTO stock VALUES ?', [skus.map((sku) => [sku, 1250, 'EUR', 10_000_000, 0])]);
}

/**
 * The hot row is locked last, by one guarded UPDATE, and only until the COMMIT behind it. Statements are prepared once
 * for each connection and number of lines.
 */
export function createSynchronousCheckout(pool: Pool) {
  return async function checkout({ userId, items }: SynchronousCheckout, key: string) {
    const lines = items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
    const order = { orderId: uuid(), readToken: randomBytes(32).toString('base64url') };
    const connection = await pool.getConnection();
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          return await place(connection, { userId, lines, key, ...order });
        } catch (error) {
          await connection.query('ROLLBACK');
          if (attempt === 5 || !isDeadlock(error)) throw error;
          await sleep(Math.random() * 20);
        }
      }
    } finally {
      connection.release();
    }
  };
}

async function place(
  connection: PoolConnection,
  order: {
    readonly orderId: string;
    readonly readToken: string;
    readonly userId: number;
    readonly key: string;
    readonly lines: SynchronousCheckout['items'];
  },
) {
  const { orderId, readToken, userId, key, lines } = order;
  const marks = (of: string) => lines.map(() => of).join(', ');
  const skus = lines.map(({ sku }) => sku);
  const [prices] = await connection.execute<Price[]>(
    `SELECT sku, unit_price, currency FROM stock WHERE sku IN (${marks('?')})`,
    skus,
  );
  const priceOf = new Map(prices.map(({ sku, unit_price: price }) => [sku, price]));
  const items = lines.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: priceOf.get(sku) ?? 0 }));
  const amount = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  const currency = prices[0]?.currency ?? 'EUR';
  const expiresAt = new Date(Date.now() + 30 * 60_000);

  await connection.query('START TRANSACTION');
  await connection.execute('INSERT INTO placed_orders VALUES (?, ?, ?, ?, ?, ?, ?)', [
    orderId,
    userId,
    key,
    amount,
    currency,
    readToken,
    expiresAt,
  ]);
  await connection.execute(
    `INSERT INTO placed_items VALUES ${marks('(?, ?, ?, ?)')}`,
    items.flatMap(({ sku, quantity, unitPrice }) => [orderId, sku, quantity, unitPrice]),
  );
  const quantities = lines.map(() => 'WHEN ? THEN ?').join(' ');
  const quantity = lines.length === 1 ? '?' : `CASE sku ${quantities} END`;
  const values = lines.length === 1 ? [lines[0]?.quantity ?? 0] : lines.flatMap((line) => [line.sku, line.quantity]);
  const [{ affectedRows }] = await connection.execute<ResultSetHeader>(
    `UPDATE stock SET available = available - ${quantity}, reserved = reserved + ${quantity}
     WHERE sku IN (${marks('?')}) AND available >= ${quantity}`,
    [...values, ...values, ...skus, ...values],
  );
  if (affectedRows !== lines.length) throw new Error('out of stock');
  await connection.query('COMMIT');
  const links = { order: `/orders/${orderId}`, cancel: `/orders/${orderId}/cancel` };
  return { orderId, status: 'placed', amount, currency, expiresAt, readToken, links };
}

const isDeadlock = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ER_LOCK_DEADLOCK';
