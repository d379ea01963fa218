import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import express from 'express';
import { Pool, type PoolClient } from 'pg';
import { cancel, createTables, pay, reserve } from './stock.ts';

/**
 * The shop with DBOS: the order, its stock and its timer, a delayed workflow, are written by one transaction, by DBOS's
 * function in the database. The server runs the workflows.
 *
 * A workflow that reserves, waits for the message of the payment and settles took ten times as long: the checkpoint of its
 * step is written while the stock is locked, and the server waits for an event of the workflow before it answers.
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

DBOS.registerWorkflow(
  (orderId: string) =>
    DBOS.runStep(() => cancel(pool, orderId), { name: 'cancel', retriesAllowed: true, maxAttempts: 10 }),
  { name: 'expire' },
);
// Else a changed file would be another version, and its workflows would not be recovered.
const version = { name: 'shop', applicationVersion: '1' };
DBOS.setConfig({ ...version, systemDatabaseUrl: POSTGRES_URL, logLevel: 'warn' });
await DBOS.launch();
await DBOS.registerQueue(QUEUE);

/** Inside the transaction of the order. */
const startTimer = (client: PoolClient, orderId: string) =>
  client.query({
    name: 'timer',
    text: `SELECT dbos.enqueue_workflow(workflow_name => 'expire', queue_name => $1, positional_args => ARRAY[$2::json],
             class_name => '', workflow_id => $3, delay_until_epoch_ms => $4, application_name => $5)`,
    values: [QUEUE, JSON.stringify(orderId), orderId, Date.now() + windowMs, version.name],
  });

const app = express().disable('x-powered-by').use(express.json());

app.post('/checkout', async (request, response) => {
  const key = request.get('idempotency-key');
  if (key === undefined) return void response.sendStatus(400);
  const { userId, items } = request.body;
  const orderId = randomUUID();
  const placed = await reserve(pool, { orderId, userId, key, items }, (client) => startTimer(client, orderId));
  if (placed.kind === 'out-of-stock') return void response.status(409).json({ error: 'out-of-stock' });
  response.status(201).json({ orderId: placed.orderId });
});

app.post('/webhooks/payment', async (request, response) => {
  const { orderId, paymentId, amount } = request.body;
  await pay(pool, { orderId, paymentId, amount });
  // Without this the workflow would find a paid order at its deadline and do nothing.
  await DBOS.cancelWorkflow(orderId);
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
    "SELECT count(*)::integer AS open FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED')",
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
