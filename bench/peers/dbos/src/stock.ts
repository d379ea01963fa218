import { PostgresDataSource } from '@dbos-inc/postgres-datasource';
import postgres from 'postgres';

export interface Item {
  readonly sku: string;
  readonly quantity: number;
}

export interface NewOrder {
  readonly orderId: string;
  readonly userId: number;
  readonly key: string;
  readonly items: readonly Item[];
}

export async function createTables(url: string, products: readonly { sku: string; price: number; stock: number }[]) {
  const sql = postgres(url, { onnotice: () => undefined });
  await sql`CREATE TABLE IF NOT EXISTS products (
    sku text PRIMARY KEY, price integer NOT NULL, available integer NOT NULL CHECK (available >= 0),
    reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0), sold integer NOT NULL DEFAULT 0)`;
  await sql`CREATE TABLE IF NOT EXISTS orders (
    order_id uuid PRIMARY KEY, user_id bigint NOT NULL, idempotency_key text NOT NULL, items jsonb NOT NULL,
    amount integer NOT NULL, status text NOT NULL DEFAULT 'placed', created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, idempotency_key))`;
  await sql`CREATE TABLE IF NOT EXISTS payments (
    payment_id text PRIMARY KEY, order_id uuid NOT NULL, amount integer NOT NULL, status text NOT NULL)`;
  await sql`CREATE INDEX IF NOT EXISTS payments_of_order ON payments (order_id)`;
  for (const product of products) {
    await sql`INSERT INTO products (sku, price, available) VALUES (${product.sku}, ${product.price}, ${product.stock})
              ON CONFLICT DO NOTHING`;
  }
  await sql.end();
}

const OUT_OF_STOCK = 'out of stock';

/**
 * A transaction: writes the order and takes its stock. The stock comes last, so that its row is locked for the shortest
 * time.
 */
async function take({ orderId, userId, key, items }: NewOrder): Promise<void> {
  const sql = PostgresDataSource.client;
  const skus = items.map(({ sku }) => sku);
  const prices = await sql<{ sku: string; price: number }[]>`SELECT sku, price FROM products WHERE sku IN ${sql(skus)}`;
  const priceOf = new Map(prices.map(({ sku, price }) => [sku, price]));
  const amount = items.reduce((sum, { sku, quantity }) => sum + quantity * (priceOf.get(sku) ?? 0), 0);
  await sql`INSERT INTO orders (order_id, user_id, idempotency_key, items, amount)
            VALUES (${orderId}, ${userId}, ${key}, ${sql.json(items.map((item) => ({ ...item })))}, ${amount})`;
  for (const { sku, quantity } of items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))) {
    const { count } =
      await sql`UPDATE products SET available = available - ${quantity}, reserved = reserved + ${quantity}
                                WHERE sku = ${sku} AND available >= ${quantity}`;
    if (count === 0) throw new Error(OUT_OF_STOCK);
  }
}

/** A transaction: pays the order when a payment is stored, and cancels the order otherwise. */
async function settle(orderId: string): Promise<void> {
  const sql = PostgresDataSource.client;
  const [order] = await sql<{ amount: number; items: Item[] }[]>`
    SELECT amount, items FROM orders WHERE order_id = ${orderId} FOR UPDATE`;
  if (order === undefined) throw new Error(`no order ${orderId}`);
  const [payment] = await sql<{ payment_id: string }[]>`
    UPDATE payments SET status = 'accepted'
    WHERE payment_id = (SELECT payment_id FROM payments
                        WHERE order_id = ${orderId} AND status = 'received' AND amount = ${order.amount} LIMIT 1)
    RETURNING payment_id`;
  await sql`UPDATE payments SET status = 'refund' WHERE order_id = ${orderId} AND status = 'received'`;
  const to = payment === undefined ? 'available' : 'sold';
  await sql`UPDATE orders SET status = ${payment === undefined ? 'canceled' : 'paid'} WHERE order_id = ${orderId}`;
  for (const { sku, quantity } of order.items) {
    await sql`UPDATE products SET reserved = reserved - ${quantity}, ${sql(to)} = ${sql(to)} + ${quantity}
              WHERE sku = ${sku}`;
  }
}

/** A transaction: stores the payment; a payment that comes too late is kept for its refund. */
async function store(payment: { orderId: string; paymentId: string; amount: number }): Promise<void> {
  const { orderId, paymentId, amount } = payment;
  const sql = PostgresDataSource.client;
  await sql`INSERT INTO payments (payment_id, order_id, amount, status)
            SELECT ${paymentId}, order_id, ${amount}, CASE status WHEN 'placed' THEN 'received' ELSE 'refund' END
            FROM orders WHERE order_id = ${orderId} FOR UPDATE
            ON CONFLICT DO NOTHING`;
}

export function createStock(url: string) {
  const { hostname: host, port, username, pathname } = new URL(url);
  const options = { host, port: Number(port), username, database: pathname.slice(1), max: 32 };
  const data = new PostgresDataSource('shop', options);
  const run = <T>(name: string, work: () => Promise<T>) =>
    data.runTransaction(work, { name, isolationLevel: 'READ COMMITTED' });
  return {
    /** @returns whether there was enough stock */
    async reserve(order: NewOrder): Promise<boolean> {
      try {
        await run('reserve', () => take(order));
        return true;
      } catch (error) {
        // Not by a class: a replay gets the recorded error, which has lost its class.
        if ((error as Error).message === OUT_OF_STOCK) return false;
        throw error;
      }
    },
    settle: (orderId: string) => run('settle', () => settle(orderId)),
    store: (payment: Parameters<typeof store>[0]) => run('store', () => store(payment)),
  };
}
