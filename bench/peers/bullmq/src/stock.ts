import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

export interface Item {
  readonly sku: string;
  readonly quantity: number;
}

export type Placed = { readonly kind: 'placed'; readonly orderId: string } | { readonly kind: 'out-of-stock' };

export async function createTables(pool: Pool, products: readonly { sku: string; price: number; stock: number }[]) {
  await pool.query(`CREATE TABLE IF NOT EXISTS products (
    sku VARCHAR(64) PRIMARY KEY, price INT NOT NULL, available INT NOT NULL CHECK (available >= 0),
    reserved INT NOT NULL DEFAULT 0 CHECK (reserved >= 0), sold INT NOT NULL DEFAULT 0)`);
  await pool.query(`CREATE TABLE IF NOT EXISTS orders (
    order_id CHAR(36) PRIMARY KEY, user_id BIGINT NOT NULL, idempotency_key VARCHAR(255) NOT NULL, items TEXT NOT NULL,
    amount INT NOT NULL, status ENUM('placed', 'paid', 'canceled') NOT NULL DEFAULT 'placed',
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), UNIQUE KEY (user_id, idempotency_key))`);
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
 * Writes the order and takes its stock in one transaction. The stock comes last, so that its row is locked only for
 * the UPDATE and the COMMIT.
 *
 * @throws when the deadline has passed: the order's timer may have run already
 */
export async function reserve(
  pool: Pool,
  order: { orderId: string; userId: number; key: string; items: readonly Item[]; deadline: number },
): Promise<Placed> {
  const { orderId, userId, key } = order;
  const items = order.items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  const [prices] = await pool.execute<RowDataPacket[]>(
    `SELECT sku, price FROM products WHERE sku IN (${items.map(() => '?')})`,
    items.map(({ sku }) => sku),
  );
  const priceOf = new Map(prices.map(({ sku, price }) => [sku, Number(price)]));
  const amount = items.reduce((sum, { sku, quantity }) => sum + quantity * (priceOf.get(sku) ?? 0), 0);
  try {
    await inTransaction(pool, async (connection) => {
      await connection.execute(
        'INSERT INTO orders (order_id, user_id, idempotency_key, items, amount) VALUES (?, ?, ?, ?, ?)',
        [orderId, userId, key, JSON.stringify(items), amount],
      );
      if (Date.now() >= order.deadline) throw new Error('the reservation took longer than the payment window');
      for (const { sku, quantity } of items) {
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
      'SELECT order_id FROM orders WHERE user_id = ? AND idempotency_key = ?',
      [userId, key],
    );
    return { kind: 'placed', orderId: first?.['order_id'] };
  }
}

async function lockOrder(connection: PoolConnection, orderId: string) {
  const [[order]] = await connection.execute<RowDataPacket[]>(
    'SELECT status, amount, items FROM orders WHERE order_id = ? FOR UPDATE',
    [orderId],
  );
  if (order === undefined) return undefined;
  return { status: order['status'], amount: order['amount'], items: JSON.parse(order['items']) as Item[] };
}

async function end(connection: PoolConnection, orderId: string, status: 'paid' | 'canceled', items: readonly Item[]) {
  await connection.execute('UPDATE orders SET status = ? WHERE order_id = ?', [status, orderId]);
  const to = status === 'paid' ? 'sold' : 'available';
  for (const { sku, quantity } of items) {
    await connection.execute(`UPDATE products SET reserved = reserved - ?, ${to} = ${to} + ? WHERE sku = ?`, [
      quantity,
      quantity,
      sku,
    ]);
  }
}

/** A payment that is known already changes nothing; a payment that comes too late is kept for its refund. */
export async function pay(pool: Pool, payment: { orderId: string; paymentId: string; amount: number }): Promise<void> {
  const { orderId, paymentId, amount } = payment;
  await inTransaction(pool, async (connection) => {
    const order = await lockOrder(connection, orderId);
    const isAccepted = order?.status === 'placed' && order.amount === amount;
    const [{ affectedRows }] = await connection.execute<ResultSetHeader>(
      'INSERT IGNORE INTO payments (payment_id, order_id, amount, status) VALUES (?, ?, ?, ?)',
      [paymentId, orderId, amount, isAccepted ? 'accepted' : 'refund'],
    );
    if (affectedRows === 1 && isAccepted) await end(connection, orderId, 'paid', order.items);
  });
}

export async function cancel(pool: Pool, orderId: string): Promise<void> {
  await inTransaction(pool, async (connection) => {
    const order = await lockOrder(connection, orderId);
    if (order?.status === 'placed') await end(connection, orderId, 'canceled', order.items);
  });
}
