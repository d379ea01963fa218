import { createHash } from 'node:crypto';
import { createServer } from 'node:http2';
import * as restate from '@restatedev/restate-sdk';
import { connect } from '@restatedev/restate-sdk-clients';
import express from 'express';
import { Pool } from 'pg';
import { cancel, createTables, type Item, pay, reserve } from './stock.ts';

/**
 * The shop with Restate: each order is a virtual object, PostgreSQL has the stock, and the timer is a delayed call that
 * the payment takes back. The server and the handlers are one process.
 */
interface Environment {
  readonly POSTGRES_URL: string;
  readonly RESTATE_INGRESS_URL: string;
  readonly RESTATE_ADMIN_URL: string;
  readonly RESTATE_SDK_PORT: string;
  readonly PAYMENT_WINDOW_MS: string;
  readonly PRODUCTS: string;
}
const environment = process.env as NodeJS.ProcessEnv & Environment;
const windowMs = Number(environment.PAYMENT_WINDOW_MS);
const pool = new Pool({ connectionString: environment.POSTGRES_URL, max: 32 });
await createTables(pool, JSON.parse(environment.PRODUCTS));

interface Checkout {
  readonly userId: number;
  readonly key: string;
  readonly items: readonly Item[];
}
interface Payment {
  readonly paymentId: string;
  readonly amount: number;
}
interface State extends restate.TypedState {
  readonly isPlaced: boolean;
  readonly timer: restate.InvocationId;
}
type Context = restate.ObjectContext<State>;

const handlers = {
  async place(ctx: Context, checkout: Checkout): Promise<boolean> {
    const before = await ctx.get('isPlaced');
    if (before !== null) return before;
    const isPlaced = await ctx.run('reserve', () => reserve(pool, { orderId: ctx.key, ...checkout }));
    ctx.set('isPlaced', isPlaced);
    if (isPlaced) {
      const options = restate.rpc.sendOpts<void>({ delay: windowMs });
      ctx.set('timer', await ctx.objectSendClient(orderObject, ctx.key).expire(options).invocationId);
    }
    return isPlaced;
  },
  async pay(ctx: Context, payment: Payment): Promise<void> {
    await ctx.run('pay', () => pay(pool, { orderId: ctx.key, ...payment }));
    const timer = await ctx.get('timer');
    if (timer !== null) ctx.cancel(timer);
    ctx.clear('timer');
  },
  async expire(ctx: Context): Promise<void> {
    await ctx.run('cancel', () => cancel(pool, ctx.key));
    ctx.clear('timer');
  },
};
const orderObject: restate.VirtualObjectDefinition<'order', typeof handlers> = { name: 'order' };

const endpoint = restate.createEndpointHandler({ services: [restate.object({ name: 'order', handlers })] });
createServer(endpoint).listen(Number(environment.RESTATE_SDK_PORT), '127.0.0.1');

/** The same key is the same object, and so the same order. */
const orderIdOf = (userId: number, key: string): string => {
  const digest = createHash('sha256')
    .update(JSON.stringify([userId, key]))
    .digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
};

const ingress = connect({ url: environment.RESTATE_INGRESS_URL });
const app = express().disable('x-powered-by').use(express.json());

app.post('/checkout', async (request, response) => {
  const key = request.get('idempotency-key');
  if (key === undefined) return void response.sendStatus(400);
  const { userId, items } = request.body;
  const orderId = orderIdOf(userId, key);
  const isPlaced = await ingress.objectClient(orderObject, orderId).place({ userId, key, items });
  if (!isPlaced) return void response.status(409).json({ error: 'out-of-stock' });
  response.status(201).json({ orderId });
});

app.post('/webhooks/payment', async (request, response) => {
  const { orderId, paymentId, amount } = request.body;
  await ingress.objectClient(orderObject, orderId).pay({ paymentId, amount });
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
  const query = "SELECT count(*) AS open FROM sys_invocation WHERE status <> 'completed'";
  const answer = await fetch(`${environment.RESTATE_ADMIN_URL}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { rows } = (await answer.json()) as { rows: { open: number }[] };
  response.json(rows[0]);
});

const { rows } = await pool.query<{ name: string; setting: string }>(
  "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')",
);
const settings = rows.map(({ name, setting }) => `${name} ${setting}`).join(', ');
const durability = `Restate's log with fsync (its default); PostgreSQL ${settings}`;
console.log(durability);
const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port, durability });
});
