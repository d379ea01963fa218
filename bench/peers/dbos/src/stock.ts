import type { Pool, PoolClient } from 'pg';

export interface Item {
  readonly sku: string;
  readonly quantity: number;
}

export type Placed = { readonly kind: 'placed'; readonly orderId: string } | { readonly kind: 'out-of-stock' };

export async function createTables(pool: Pool, products: readonly { sku: string; price: number; stock: number }[]) {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS products (
      sku text PRIMARY KEY, price integer NOT NULL, available integer NOT NULL CHECK (available >= 0),
      reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0), sold integer NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS orders (
      order_id uuid PRIMARY KEY, user_id bigint NOT NULL, idempotency_key text NOT NULL, items jsonb NOT NULL,
      amount integer NOT NULL, status text NOT NULL DEFAULT 'placed', created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (user_id, idempotency_key));
    CREATE TABLE IF NOT EXISTS payments (
      payment_id text PRIMARY KEY, order_id uuid NOT NULL, amount integer NOT NULL, status text NOT NULL)`);
  for (const { sku, price, stock } of products) {
    await pool.query('INSERT INTO products (sku, price, available) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      sku,
      price,
      stock,
    ]);
  }
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

class OutOfStock extends Error {}

/**
 * Writes the order and its timer and takes its stock in one transaction. The stock comes last, so that its row is locked
 * only for the UPDATE and the COMMIT.
 */
export async function reserve(
  pool: Pool,
  order: { orderId: string; userId: number; key: string; items: readonly Item[] },
  startTimer: (client: PoolClient) => Promise<unknown>,
): Promise<Placed> {
  const { orderId, userId, key } = order;
  const items = order.items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  const { rows: prices } = await pool.query<{ sku: string; price: number }>({
    name: 'prices',
    text: 'SELECT sku, price FROM products WHERE sku = ANY($1)',
    values: [items.map(({ sku }) => sku)],
  });
  const priceOf = new Map(prices.map(({ sku, price }) => [sku, price]));
  const amount = items.reduce((sum, { sku, quantity }) => sum + quantity * (priceOf.get(sku) ?? 0), 0);
  try {
    return await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query({
        name: 'order',
        text: `INSERT INTO orders (order_id, user_id, idempotency_key, items, amount) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (user_id, idempotency_key) DO NOTHING`,
        values: [orderId, userId, key, JSON.stringify(items), amount],
      });
      if (rowCount === 0) {
        const { rows } = await client.query<{ order_id: string }>(
          'SELECT order_id FROM orders WHERE user_id = $1 AND idempotency_key = $2',
          [userId, key],
        );
        return { kind: 'placed', orderId: rows[0]?.order_id ?? '' };
      }
      await startTimer(client);
      for (const { sku, quantity } of items) {
        const taken = await client.query({
          name: 'take',
          text: 'UPDATE products SET available = available - $2, reserved = reserved + $2 WHERE sku = $1 AND available >= $2',
          values: [sku, quantity],
        });
        if (taken.rowCount === 0) throw new OutOfStock();
      }
      return { kind: 'placed', orderId };
    });
  } catch (error) {
    if (error instanceof OutOfStock) return { kind: 'out-of-stock' };
    throw error;
  }
}

async function lockOrder(client: PoolClient, orderId: string) {
  const { rows } = await client.query<{ status: string; amount: number; items: Item[] }>({
    name: 'lock',
    text: 'SELECT status, amount, items FROM orders WHERE order_id = $1 FOR UPDATE',
    values: [orderId],
  });
  return rows[0];
}

async function end(client: PoolClient, orderId: string, status: 'paid' | 'canceled', items: readonly Item[]) {
  await client.query('UPDATE orders SET status = $2 WHERE order_id = $1', [orderId, status]);
  const to = status === 'paid' ? 'sold' : 'available';
  for (const { sku, quantity } of items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))) {
    const text = `UPDATE products SET reserved = reserved - $2, ${to} = ${to} + $2 WHERE sku = $1`;
    await client.query(text, [sku, quantity]);
  }
}

/** A payment that is known already changes nothing; a payment that comes too late is kept for its refund. */
export async function pay(pool: Pool, payment: { orderId: string; paymentId: string; amount: number }): Promise<void> {
  const { orderId, paymentId, amount } = payment;
  await inTransaction(pool, async (client) => {
    const order = await lockOrder(client, orderId);
    const isAccepted = order?.status === 'placed' && order.amount === amount;
    const { rowCount } = await client.query({
      name: 'payment',
      text: 'INSERT INTO payments (payment_id, order_id, amount, status) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      values: [paymentId, orderId, amount, isAccepted ? 'accepted' : 'refund'],
    });
    if (rowCount === 1 && isAccepted) await end(client, orderId, 'paid', order.items);
  });
}

export async function cancel(pool: Pool, orderId: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const order = await lockOrder(client, orderId);
    if (order?.status === 'placed') await end(client, orderId, 'canceled', order.items);
  });
}
