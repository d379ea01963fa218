import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { moveDeadline } from '../../src/db/deadlines/moves.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { serveOperators, serveShop } from '../helpers/app.js';
import { placeOrder, rows, shopDatabase, WINDOW_MS } from '../helpers/database.js';
import { adminToken } from '../helpers/system.js';

/** `POST /orders/:orderId/extend` of both listeners, on a real database. */

const TOKEN = 'the-token-of-the-shop-0123456789';

async function office(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const deps = {
    findOrder: (orderId: string) => findOrder(pool, orderId),
    extend: (orderId: string, to: Date, by: 'operator' | 'shop') =>
      moveDeadline(pool, orderId, { to, by }, 2 * WINDOW_MS),
  };
  const operators = await serveOperators(t, deps);
  const shop = await serveShop(t, { ...deps, checkoutTokens: [TOKEN], checkoutOpen: true });
  const order = await placeOrder(pool);
  const post = async (base: string, token: string | undefined, orderId: string, body: unknown) => {
    const answer = await fetch(`${base}/orders/${orderId}/extend`, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const extend = (body: unknown, orderId = order.orderId) => post(operators, adminToken, orderId, body);
  return { pool, order, shop, operators, post, extend };
}

const after = ({ expiresAt }: { readonly expiresAt: Date }, ms: number) =>
  new Date(expiresAt.getTime() + ms).toISOString();

test('an operator and the shop move a deadline, and the same request again changes nothing', async (t) => {
  const { pool, order, shop, post, extend } = await office(t);
  const { orderId } = order;
  const [later, earlier] = [after(order, 60_000), after(order, -60_000)];
  for (let time = 0; time < 2; time++) {
    const { status, body } = await extend({ expiresAt: later }, orderId.toUpperCase());
    t.is(status, 200);
    t.like(body, { orderId, status: 'placed', expiresAt: later, links: { order: `/orders/${orderId}` } });
    t.false(JSON.stringify(body).includes(order.readToken));
  }
  const { status, body } = await post(shop, TOKEN, orderId, { expiresAt: earlier });
  t.deepEqual([status, body['expiresAt']], [200, earlier]);
  const events = await rows(pool, "SELECT data FROM events WHERE type = 'order.extended' ORDER BY position");
  t.deepEqual(
    events.map(({ data }) => (JSON.parse(String(data)) as { by: string }).by),
    ['operator', 'shop'],
  );
});

test('only a moment with its zone is taken, between now and the greatest window, and the field is named', async (t) => {
  const { order, extend } = await office(t);
  const wrong: readonly (readonly [body: unknown, field: string, expected: RegExp])[] = [
    [{}, 'expiresAt', /a time with its zone/],
    [[], 'body', /object with expiresAt/],
    [null, 'body', /object with expiresAt/],
    [{ expiresAt: 'tomorrow' }, 'expiresAt', /2026-03-01T10:00:00Z/],
    [{ expiresAt: '2126-03-05T18:00:00' }, 'expiresAt', /with its zone/],
    [{ expiresAt: 1_900_000_000_000 }, 'expiresAt', /with its zone/],
    [{ expiresAt: '+275760-09-13T00:00:00Z' }, 'expiresAt', /with its zone/],
    [{ expiresAt: '0000-01-01T00:00:00+23:59' }, 'expiresAt', /with its zone/],
    [{ expiresAt: '9999-12-31T23:59:59-23:59' }, 'expiresAt', /with its zone/],
    [{ expiresAt: '1970-01-01T00:00:00Z' }, 'expiresAt', /not past/],
    [{ expiresAt: '9999-12-31T23:59:59.999Z' }, 'expiresAt', /at the latest/],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', /not past/],
    [{ expiresAt: after(order, 2 * WINDOW_MS) }, 'expiresAt', /at the latest: MAX_PAYMENT_WINDOW/],
    [{ expiresAt: after(order, 1), by: '2 days' }, 'by', /not known/],
  ];
  for (const [given, field, expected] of wrong) {
    const { status, body } = await extend(given);
    t.is(status, 422, JSON.stringify(given));
    const [error] = body['errors'] as { field: string; detail: string }[];
    t.is(error?.field, field);
    t.regex(String(error?.detail), expected);
  }
  t.is((await extend('{')).status, 400);
  t.is((await extend({ expiresAt: after(order, 1) }, 'order-17')).status, 404);
  t.is((await extend({ expiresAt: after(order, 1) }, randomUUID())).status, 404);
});

test('an order that has ended refuses, and the answer names its status', async (t) => {
  const { pool, order, extend } = await office(t);
  const late = await placeOrder(pool, { windowMs: -1 });
  await settleOrder(pool, order.orderId, { kind: 'cancel', reason: 'customer-request' });
  const ended = await extend({ expiresAt: after(order, 1_000) });
  t.is(ended.status, 409);
  t.like(ended.body, { type: 'urn:order-bridge:problem:order-ended', orderStatus: 'canceled' });
  const overdue = await extend({ expiresAt: after(order, 1_000) }, late.orderId);
  t.is(overdue.status, 409);
  t.like(overdue.body, { type: 'urn:order-bridge:problem:order-overdue', orderStatus: 'placed' });
});

test("the public listener takes the shop's token alone, also where a checkout needs none", async (t) => {
  const { order, shop, operators, post } = await office(t);
  const body = { expiresAt: after(order, 60_000) };
  for (const token of [undefined, order.readToken, adminToken, `${TOKEN}x`]) {
    const answer = await post(shop, token, order.orderId, body);
    t.is(answer.status, 401, token);
    t.is(answer.body['type'], 'urn:order-bridge:problem:checkout-token');
  }
  t.is((await post(operators, TOKEN, order.orderId, body)).status, 401);
});
