import { randomUUID } from 'node:crypto';
import express from 'express';
import { Pool, type PoolClient } from 'pg';
import { type Job, PgBoss } from 'pg-boss';
import { cancelUnpaid, createTables, pay, reserve } from './stock.ts';

/**
 * The shop with pg-boss: the order, its stock and its timer, a deferred job, are written by one transaction. The server
 * and the worker of the jobs are one process.
 */
interface Environment {
  readonly POSTGRES_URL: string;
  readonly PAYMENT_WINDOW_MS: string;
  readonly PRODUCTS: string;
}
const { POSTGRES_URL, PAYMENT_WINDOW_MS, PRODUCTS } = process.env as NodeJS.ProcessEnv & Environment;
const windowMs = Number(PAYMENT_WINDOW_MS);
const QUEUE = 'order-timers';

const pool = new Pool({ connectionString: POSTGRES_URL, max: 32 });
await createTables(pool, JSON.parse(PRODUCTS));
const boss = new PgBoss({ connectionString: POSTGRES_URL, superviseIntervalSeconds: 5, monitorIntervalSeconds: 5 });
boss.on('error', (error) => console.error(error));
await boss.start();
// A job of a worker that died is fetched again after `expireInSeconds`.
await boss.createQueue(QUEUE, { retryLimit: 10, retryBackoff: true, expireInSeconds: 10 });
const polling = { pollingIntervalSeconds: 0.5, burstWhenBatchFull: true } as const;
await boss.work(
  QUEUE,
  { batchSize: 200, transactional: true, ...polling },
  async (jobs: Job<{ orderId: string }>[], tx) =>
    cancelUnpaid(
      (text, values) => tx.executeSql(text, values),
      jobs.map(({ data }) => data.orderId),
    ),
);
const inside = (client: PoolClient) => ({
  db: { executeSql: (text: string, values?: unknown[]) => client.query(text, values) },
});

const app = express().disable('x-powered-by').use(express.json());

app.post('/checkout', async (request, response) => {
  const key = request.get('idempotency-key');
  if (key === undefined) return void response.sendStatus(400);
  const { userId, items } = request.body;
  const orderId = randomUUID();
  const startAfter = new Date(Date.now() + windowMs);
  const placed = await reserve(pool, { orderId, userId, key, items }, (client) =>
    boss.send(QUEUE, { orderId }, { id: orderId, startAfter, ...inside(client) }),
  );
  if (placed.kind === 'out-of-stock') return void response.status(409).json({ error: 'out-of-stock' });
  response.status(201).json({ orderId: placed.orderId });
});

app.post('/webhooks/payment', async (request, response) => {
  const { orderId, paymentId, amount } = request.body;
  await pay(pool, { orderId, paymentId, amount }, (client) => boss.cancel(QUEUE, orderId, inside(client)));
  response.sendStatus(204);
});

app.get('/orders/:id', async (request, response) => {
  const { rows } = await pool.query('SELECT status FROM orders WHERE order_id = $1', [request.params.id]);
  if (rows.length === 0) return void response.sendStatus(404);
  response.json(rows[0]);
});

app.get('/stock/:sku', async (request, response) => {
  const { rows } = await pool.query('SELECT available, reserved, sold FROM products WHERE sku = $1', [
    request.params.sku,
  ]);
  response.json(rows[0]);
});

app.get('/engine', async (_request, response) => {
  const { rows } = await pool.query(
    "SELECT count(*)::integer AS open FROM pgboss.job WHERE name = $1 AND state IN ('created', 'retry', 'active')",
    [QUEUE],
  );
  response.json(rows[0]);
});

const { rows } = await pool.query<{ name: string; setting: string }>(
  "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')",
);
const durability = `PostgreSQL ${rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`;
console.log(durability);
const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port, durability });
});
