import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

export interface Item {
  readonly sku: string;
  readonly quantity: number;
}

export interface NewOrder {
  readonly orderId: string;
  readonly userId: number;
  readonly items: readonly Item[];
}

export type Placed = { readonly kind: 'placed'; readonly orderId: string } | { readonly kind: 'out-of-stock' };

export async function createTables(pool: Pool, products: readonly { sku: string; price: number; stock: number }[]) {
  await pool.query(`CREATE TABLE IF NOT EXISTS products (
    sku VARCHAR(64) PRIMARY KEY, price INT NOT NULL, available INT NOT NULL CHECK (available >= 0),
    reserved INT NOT NULL DEFAULT 0 CHECK (reserved >= 0), sold INT NOT NULL DEFAULT 0)`);
  await pool.query(`CREATE TABLE IF NOT EXISTS reservations (
    order_id CHAR(36) PRIMARY KEY, user_id BIGINT NOT NULL, idempotency_key VARCHAR(255) NOT NULL, items TEXT NOT NULL,
    UNIQUE KEY (user_id, idempotency_key))`);
  await pool.query(`CREATE TABLE IF NOT EXISTS orders (
    order_id CHAR(36) PRIMARY KEY, user_id BIGINT NOT NULL, items TEXT NOT NULL, amount INT NOT NULL,
    status ENUM('placed', 'paid', 'canceled') NOT NULL, created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3))`);
  await pool.query(`CREATE TABLE IF NOT EXISTS payments (
    payment_id VARCHAR(64) PRIMARY KEY, order_id CHAR(36) NOT NULL, amount INT NOT NULL,
    status ENUM('accepted', 'refund') NOT NULL)`);
  for (const { sku, price, stock } of products) {
    await pool.query('INSERT IGNORE INTO products (sku, price, available) VALUES (?, ?, ?)', [sku, price, stock]);
  }
}

async function inTransaction<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(connection);
    await connection.commit();
    return result;
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
}

class OutOfStock extends Error {}

/**
 * Takes the stock. The row of the reservation says later whether the stock was taken.
 *
 * @throws when the deadline has passed: the delay message may have been handled already
 */
export async function takeStock(pool: Pool, order: NewOrder & { key: string; deadline: number }): Promise<Placed> {
  const { orderId, userId, key, items } = order;
  try {
    await inTransaction(pool, async (connection) => {
      await connection.execute(
        'INSERT INTO reservations (order_id, user_id, idempotency_key, items) VALUES (?, ?, ?, ?)',
        [orderId, userId, key, JSON.stringify(items)],
      );
      if (Date.now() >= order.deadline) throw new Error('the reservation took longer than the payment window');
      for (const { sku, quantity } of items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))) {
        const [{ affectedRows }] = await connection.execute<ResultSetHeader>(
          'UPDATE products SET available = available - ?, reserved = reserved + ? WHERE sku = ? AND available >= ?',
          [quantity, quantity, sku, quantity],
        );
        if (affectedRows === 0) throw new OutOfStock();
      }
    });
    return { kind: 'placed', orderId };
  } catch (error) {
    if (error instanceof OutOfStock) return { kind: 'out-of-stock' };
    if ((error as { code?: string }).code !== 'ER_DUP_ENTRY') throw error;
    const [[first]] = await pool.execute<RowDataPacket[]>(
      'SELECT order_id FROM reservations WHERE user_id = ? AND idempotency_key = ?',
      [userId, key],
    );
    return { kind: 'placed', orderId: first?.['order_id'] };
  }
}

/** The consumer of the order queue. Writing an order twice changes nothing. */
export async function writeOrder(
  pool: Pool | PoolConnection,
  { orderId, userId, items }: NewOrder,
  status = 'placed',
): Promise<void> {
  const [prices] = await pool.query<RowDataPacket[]>('SELECT sku, price FROM products WHERE sku IN (?)', [
    items.map(({ sku }) => sku),
  ]);
  const priceOf = new Map(prices.map(({ sku, price }) => [sku, Number(price)]));
  const amount = items.reduce((sum, { sku, quantity }) => sum + quantity * (priceOf.get(sku) ?? 0), 0);
  await pool.execute('INSERT IGNORE INTO orders (order_id, user_id, items, amount, status) VALUES (?, ?, ?, ?, ?)', [
    orderId,
    userId,
    JSON.stringify(items),
    amount,
    status,
  ]);
}

async function lockOrder(connection: PoolConnection, orderId: string) {
  const [[order]] = await connection.execute<RowDataPacket[]>(
    'SELECT status, amount, items FROM orders WHERE order_id = ? FOR UPDATE',
    [orderId],
  );
  if (order === undefined) return undefined;
  return { status: order['status'], amount: order['amount'], items: JSON.parse(order['items']) as Item[] };
}

async function move(connection: PoolConnection, items: readonly Item[], to: 'sold' | 'available'): Promise<void> {
  for (const { sku, quantity } of items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))) {
    const sql = `UPDATE products SET reserved = reserved - ?, ${to} = ${to} + ? WHERE sku = ?`;
    await connection.execute(sql, [quantity, quantity, sku]);
  }
}

/** @returns false while the consumer has not written the order: the provider repeats the webhook */
export async function pay(pool: Pool, payment: { orderId: string; paymentId: string; amount: number }) {
  const { orderId, paymentId, amount } = payment;
  return await inTransaction(pool, async (connection) => {
    const order = await lockOrder(connection, orderId);
    if (order === undefined) return false;
    const isAccepted = order.status === 'placed' && order.amount === amount;
    const [{ affectedRows }] = await connection.execute<ResultSetHeader>(
      'INSERT IGNORE INTO payments (payment_id, order_id, amount, status) VALUES (?, ?, ?, ?)',
      [paymentId, orderId, amount, isAccepted ? 'accepted' : 'refund'],
    );
    if (affectedRows === 1 && isAccepted) {
      await connection.execute("UPDATE orders SET status = 'paid' WHERE order_id = ?", [orderId]);
      await move(connection, order.items, 'sold');
    }
    return true;
  });
}

/** The consumer of the cancel queue. An order that was never written is written as canceled, when its stock was taken. */
export async function cancel(pool: Pool, order: NewOrder): Promise<void> {
  const { orderId } = order;
  await inTransaction(pool, async (connection) => {
    const written = await lockOrder(connection, orderId);
    if (written !== undefined && written.status !== 'placed') return;
    if (written === undefined) {
      // Waits for a transaction that is still taking the stock.
      const [[reservation]] = await connection.execute<RowDataPacket[]>(
        'SELECT order_id FROM reservations WHERE order_id = ? FOR UPDATE',
        [orderId],
      );
      if (reservation === undefined) return;
      await writeOrder(connection, order);
    }
    await connection.execute("UPDATE orders SET status = 'canceled' WHERE order_id = ?", [orderId]);
    await move(connection, order.items, 'available');
  });
}
