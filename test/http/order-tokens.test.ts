import { randomBytes, randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { serveShop } from '../helpers/app.js';
import { checkout } from '../helpers/broker.js';

/** The tokens that may read and cancel an order over HTTP, in a shop with one order. */

const readToken = randomBytes(32).toString('base64url');
const { readToken: _token, traceparent: _trace, ...order } = checkout;
const view = { ...order, status: 'canceled', cancelReason: null, settledAt: null, refund: 'none' } as const;
const wrongTokens = ['', 'Bearer', `Bearer ${randomUUID()}`, `Bearer ${readToken.slice(0, -1)}`, `Basic ${readToken}`];

async function serve(t: ExecutionContext) {
  const canceled: string[] = [];
  const url = await serveShop(t, {
    findOrder: async (orderId) => (orderId === order.orderId ? { view, readToken } : undefined),
    cancel: async (orderId) => void canceled.push(orderId),
  });
  const ask = async (method: string, path: string, authorization: string) =>
    (await fetch(`${url}/orders/${order.orderId}${path}`, { method, headers: { authorization } })).status;
  return { ask, canceled };
}

test('an order is read only with its own token', async (t) => {
  const { ask } = await serve(t);
  for (const token of wrongTokens) t.is(await ask('GET', '', token), 404, token);
  t.is(await ask('GET', '', `Bearer ${readToken}`), 200);
});

test('an order is canceled only with its own token', async (t) => {
  const { ask, canceled } = await serve(t);
  for (const token of wrongTokens) t.is(await ask('POST', '/cancel', token), 404, token);
  t.deepEqual(canceled, []);
  t.is(await ask('POST', '/cancel', `Bearer ${readToken}`), 200);
  t.deepEqual(canceled, [order.orderId]);
});
