import { createHash } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import express from 'express';
import postgres from 'postgres';
import { createStock, createTables, type NewOrder } from './stock.ts';

/**
 * The shop with DBOS: one workflow per order, as in its example of a shop. The workflow reserves the stock, tells the
 * server about it by an event, waits for the payment with a time-out, and settles. The server runs the workflows.
 *
 * A payment is stored before its message is sent: a message that reaches the workflow too late is never read.
 */
interface Environment {
  readonly POSTGRES_URL: string;
  readonly PAYMENT_WINDOW_MS: string;
  readonly PRODUCTS: string;
}
const { POSTGRES_URL, PAYMENT_WINDOW_MS, PRODUCTS } = process.env as NodeJS.ProcessEnv & Environment;
const windowMs = Number(PAYMENT_WINDOW_MS);
await createTables(POSTGRES_URL, JSON.parse(PRODUCTS));
const stock = createStock(POSTGRES_URL);

const orderWorkflow = DBOS.registerWorkflow(
  async (order: NewOrder, windowMs: number) => {
    const isReserved = await stock.reserve(order);
    await DBOS.setEvent('reserved', isReserved);
    if (!isReserved) return;
    // The notifications of PostgreSQL wake the workflow. Polling is for a lost connection.
    await DBOS.recv('payment', { timeoutSeconds: windowMs / 1_000, pollingIntervalMs: 60_000 });
    await stock.settle(order.orderId);
  },
  { name: 'order' },
);

DBOS.setConfig({
  name: 'shop',
  systemDatabaseUrl: POSTGRES_URL,
  systemDatabasePoolSize: 32,
  logLevel: 'warn',
  // Else a changed file would be another version, and its workflows would not be recovered.
  applicationVersion: '1',
});
await DBOS.launch();

/** The same key is the same workflow, and so the same order. */
const orderIdOf = (userId: number, key: string): string => {
  const digest = createHash('sha256')
    .update(JSON.stringify([userId, key]))
    .digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
};

const sql = postgres(POSTGRES_URL, { max: 8 });
const app = express().disable('x-powered-by').use(express.json());

app.post('/checkout', async (request, response) => {
  const key = request.get('idempotency-key');
  if (key === undefined) return void response.sendStatus(400);
  const { userId, items } = request.body;
  const orderId = orderIdOf(userId, key);
  await DBOS.startWorkflow(orderWorkflow, { workflowID: orderId })({ orderId, userId, key, items }, windowMs);
  const isReserved = await DBOS.getEvent<boolean>(orderId, 'reserved');
  if (isReserved === null) return void response.sendStatus(503);
  if (!isReserved) return void response.status(409).json({ error: 'out-of-stock' });
  response.status(201).json({ orderId });
});

app.post('/webhooks/payment', async (request, response) => {
  const { orderId, paymentId, amount } = request.body;
  await stock.store({ orderId, paymentId, amount });
  await DBOS.send(orderId, paymentId, 'payment', paymentId);
  response.sendStatus(204);
});

app.get('/orders/:id', async (request, response) => {
  const [order] = await sql`SELECT status FROM orders WHERE order_id = ${request.params.id}`;
  if (order === undefined) return void response.sendStatus(404);
  response.json(order);
});

app.get('/stock/:sku', async (request, response) => {
  const [row] = await sql`SELECT available, reserved, sold FROM products WHERE sku = ${request.params.sku}`;
  response.json(row);
});

app.get('/engine', async (_request, response) => {
  const [row] = await sql`SELECT count(*)::integer AS open FROM dbos.workflow_status
                          WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED')`;
  response.json(row);
});

const settings = await sql`SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')`;
const durability = `PostgreSQL ${settings.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`;
console.log(durability);
const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port, durability });
});
