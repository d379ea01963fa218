import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { cancel, createTables, pay, reserve } from './stock.ts';

/**
 * The shop with BullMQ: MySQL decides, and a delayed job per order is its timer. The server and the worker of the jobs
 * are one process.
 *
 * The job is added before the transaction. When the process dies between the two, the job finds no order and does
 * nothing; in the other order an order without a timer would keep its stock for ever.
 */
interface Environment {
  readonly MYSQL_URL: string;
  readonly REDIS_URL: string;
  readonly PAYMENT_WINDOW_MS: string;
  readonly PRODUCTS: string;
}
const { MYSQL_URL, REDIS_URL, PAYMENT_WINDOW_MS, PRODUCTS } = process.env as NodeJS.ProcessEnv & Environment;
const windowMs = Number(PAYMENT_WINDOW_MS);
const pool = createPool({ uri: MYSQL_URL, connectionLimit: 32, maxIdle: 32 });
await createTables(pool, JSON.parse(PRODUCTS));

const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const timers = new Queue<{ orderId: string }, void, 'expire'>('order-timers', {
  connection,
  defaultJobOptions: {
    attempts: 10,
    backoff: { type: 'exponential', delay: 100 },
    removeOnComplete: true,
  },
});
const worker = new Worker<{ orderId: string }, void, 'expire'>(
  'order-timers',
  async ({ data }) => cancel(pool, data.orderId),
  {
    connection,
    concurrency: 16,
    lockDuration: 10_000,
    stalledInterval: 5_000,
  },
);
worker.on('error', (error) => console.error(error));

const app = express().disable('x-powered-by').use(express.json());

app.post('/checkout', async (request, response) => {
  const key = request.get('idempotency-key');
  if (key === undefined) return void response.sendStatus(400);
  const { userId, items } = request.body;
  const orderId = randomUUID();
  const deadline = Date.now() + windowMs;
  const timer = await timers.add('expire', { orderId }, { jobId: orderId, delay: windowMs });
  const placed = await reserve(pool, { orderId, userId, key, items, deadline });
  if (placed.kind !== 'placed' || placed.orderId !== orderId) await timer.remove();
  if (placed.kind === 'out-of-stock') return void response.status(409).json({ error: 'out-of-stock' });
  response.status(201).json({ orderId: placed.orderId });
});

app.post('/webhooks/payment', async (request, response) => {
  const { orderId, paymentId, amount } = request.body;
  await pay(pool, { orderId, paymentId, amount });
  // Without this the job would find a paid order at its deadline and do nothing.
  await timers.remove(orderId);
  response.sendStatus(204);
});

app.get('/orders/:id', async (request, response) => {
  const [[order]] = await pool.execute<RowDataPacket[]>('SELECT status FROM orders WHERE order_id = ?', [
    request.params.id,
  ]);
  if (order === undefined) return void response.sendStatus(404);
  response.json({ status: order['status'] });
});

app.get('/stock/:sku', async (request, response) => {
  const [[stock]] = await pool.execute<RowDataPacket[]>(
    'SELECT available, reserved, sold FROM products WHERE sku = ?',
    [request.params.sku],
  );
  response.json(stock);
});

app.get('/engine', async (_request, response) => {
  const counts = await timers.getJobCounts('delayed', 'waiting', 'active', 'prioritized');
  response.json({ open: Object.values(counts).reduce((sum, count) => sum + count, 0) });
});

const [, appendonly] = (await connection.config('GET', 'appendonly')) as string[];
const [, appendfsync] = (await connection.config('GET', 'appendfsync')) as string[];
const [[mysql]] = await pool.query<RowDataPacket[]>('SELECT @@innodb_flush_log_at_trx_commit AS flush');
const durability = `Redis appendonly ${appendonly}, appendfsync ${appendfsync}; MySQL innodb_flush_log_at_trx_commit ${mysql?.['flush']}`;
console.log(durability);
const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port, durability });
});
