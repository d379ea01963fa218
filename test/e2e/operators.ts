import { randomUUID } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { createCancel } from '../../src/cli/orders-cancel.js';
import { changeInBulk } from '../../src/cli/orders-in-bulk.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { carriedOut } from '../helpers/cancel.js';
import { adminToken, type System } from '../helpers/system.js';

/** The routes that only operators may use. */

const test = anyTest as TestFn<{ system: System }>;

const buyOne = async ({ customers }: System): Promise<Placed> =>
  (await customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;

async function ask(base: string, method: string, path: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${base}${path}`, { method, headers });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

test("the admin token reads any order, and the answer does not contain the order's own token", async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  const { status, body } = await ask(system.adminUrl, 'GET', `/orders/${order.orderId}`, adminToken);
  t.is(status, 200);
  t.like(body, { orderId: order.orderId, status: 'placed', userId: 1, amount: 1250 });
  t.false(JSON.stringify(body).includes(order.readToken));
  t.is((await ask(system.adminUrl, 'GET', `/orders/${randomUUID()}`, adminToken)).status, 404);
});

test('operators find an order by its customer, its SKU and its status, and the list has no token', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  const since = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());
  const path = `/orders?customer=1&sku=mug&status=placed&since=${since}`;
  const { status, body } = await ask(system.adminUrl, 'GET', path, adminToken);
  t.is(status, 200);
  const found = (body['orders'] as Record<string, unknown>[]).find(({ orderId }) => orderId === order.orderId);
  t.like(found, { status: 'placed', userId: 1, links: { order: `/orders/${order.orderId}` } });
  t.false(JSON.stringify(body).includes(order.readToken));
  t.is((await ask(system.adminUrl, 'GET', '/orders')).status, 401);
  t.is((await ask(system.shopUrl, 'GET', '/orders', adminToken)).status, 404);
});

test("an operator's cancel ends an order by the same settlement, and changes no paid order", async (t) => {
  const { system } = t.context;
  const [wish, paid] = [await buyOne(system), await buyOne(system)];
  const cancel = (order: Placed) => ask(system.adminUrl, 'POST', `/orders/${order.orderId}/cancel`, adminToken);
  for (const { status, body } of [await carriedOut(() => cancel(wish)), await cancel(wish)]) {
    t.is(status, 200);
    t.like(body, { status: 'canceled', cancelReason: 'operator-request' });
  }
  await system.observer.ended(wish.orderId, { status: 'canceled', movement: 'released' });

  await system.customers.pay(paid);
  await system.observer.ended(paid.orderId, { status: 'paid', movement: 'sold' });
  const refused = await cancel(paid);
  t.is(refused.status, 409);
  t.is(refused.body.type, 'urn:order-bridge:problem:order-paid');
});

test('a cancel by the command needs no Temporal, and the bridge reports the end to the workflow', async (t) => {
  const { pool, customers, observer } = t.context.system;
  const order = (await customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;
  const said: string[] = [];
  const options = { json: false, dryRun: false, yes: false, ask: undefined, toStderr: () => undefined };
  const say = (line: string) => void said.push(line);
  t.true(await changeInBulk(pool, { ids: [order.orderId] }, createCancel(pool), { ...options, say }));
  t.deepEqual(said, ['1 order canceled.']);
  await observer.ended(order.orderId, { status: 'canceled', movement: 'released' });
});

test("operators' routes answer 401 without the admin token, also with the order's token, and change nothing", async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  const wrong = [
    undefined,
    '',
    'x',
    order.readToken,
    adminToken.slice(0, -1),
    `${adminToken}x`,
    adminToken.toUpperCase(),
  ];
  for (const token of wrong) {
    for (const [method, path] of [
      ['GET', `/orders/${order.orderId}`],
      ['POST', `/orders/${order.orderId}/cancel`],
      ['POST', `/orders/${order.orderId}/extend`],
      ['GET', '/nothing'],
    ] as const) {
      const { status, headers, body } = await ask(system.adminUrl, method, path, token);
      t.is(status, 401, `${method} ${path} with ${token}`);
      t.regex(String(headers.get('www-authenticate')), /^Bearer realm="operators"/);
      t.is(headers.get('content-type'), 'application/problem+json');
      t.is(body.type, 'urn:order-bridge:problem:admin-token');
    }
  }
  t.is((await system.customers.look(order)).status, 'placed');
});

test("the public listener accepts no admin token, and the operators' listener has no checkout", async (t) => {
  const { system } = t.context;
  const order = await buyOne(system);
  t.is((await ask(system.shopUrl, 'GET', `/orders/${order.orderId}`, adminToken)).status, 404);
  t.is((await ask(system.shopUrl, 'POST', `/orders/${order.orderId}/cancel`, adminToken)).status, 404);
  t.is((await system.customers.look(order)).status, 'placed');
  t.is((await ask(system.adminUrl, 'POST', '/checkout', adminToken)).status, 404);
  t.is((await ask(system.adminUrl, 'POST', '/webhooks/payment', adminToken)).status, 404);
  t.false(JSON.stringify((await ask(system.shopUrl, 'GET', '/openapi.json')).body).includes('admin'));
});
