import test, { type ExecutionContext } from 'ava';
import { createCatalogue } from '../../src/api/catalogue.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createAdminApp } from '../../src/http/admin-app.js';
import { listen } from '../../src/process/listen.js';
import { emptyOperators } from '../helpers/app.js';
import { placeOrder, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { adminToken } from '../helpers/system.js';

/** The operators' routes for the catalogue, on a database. */

async function catalogue(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const deps = createCatalogue(pool, { after: (work) => work });
  const app = createAdminApp(emptyOperators({ catalogue: deps }));
  const { close, url } = await listen(app, { host: '127.0.0.1', port: 0 });
  t.teardown(() => close(10_000));
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, body: JSON.parse(text || '{}') as Record<string, unknown> };
  };
  return { pool, ask };
}

const shirt = { name: 'T-shirt', unitPrice: 1900, currency: 'EUR' };

for (const [sku, path] of [
  ['T-SHIRT/RED L', 'T-SHIRT%2FRED%20L'],
  ['größe-M', 'gr%C3%B6%C3%9Fe-M'],
  ['größe-M', 'gro%CC%88%C3%9Fe-M'],
  ['鞋-42', '%E9%9E%8B-42'],
  ['50% & "a\'b`', '50%25%20%26%20%22a%27b%60'],
] as const) {
  test(`PUT creates and changes the product of ${path}, GET reads it, DELETE deletes it`, async (t) => {
    const { ask } = await catalogue(t);
    const url = `/products/${path}`;
    t.is((await ask('GET', url)).status, 404);
    const created = await ask('PUT', url, shirt);
    const stock = { available: 0, reserved: 0, sold: 0 };
    const product = { sku, ...shirt, active: true, maxPerOrder: null, ...stock };
    t.deepEqual([created.status, created.body], [201, product]);
    t.deepEqual((await ask('GET', String(created.headers.get('location')))).body, product);
    const again = await ask('PUT', url, shirt);
    t.deepEqual([again.status, again.body], [200, product]);
    const changed = await ask('PUT', url, { ...shirt, unitPrice: 2000, maxPerOrder: 5, active: false });
    t.deepEqual(changed.body, { ...product, unitPrice: 2000, maxPerOrder: 5, active: false });
    t.like((await ask('PUT', url, shirt)).body, { unitPrice: 1900, maxPerOrder: 5, active: false }, 'absent: as it is');
    t.deepEqual([(await ask('DELETE', url)).status, (await ask('DELETE', url)).status], [204, 404]);
  });
}

test('a change of the price touches no placed order, and a retired product with orders is not deleted', async (t) => {
  const { pool, ask } = await catalogue(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  t.is((await ask('PUT', '/products/mug', { ...shirt, unitPrice: 1, active: false })).status, 200);
  const refused = await ask('DELETE', '/products/mug');
  t.is(refused.status, 409);
  t.like(refused.body, {
    type: 'urn:order-bridge:problem:product-in-use',
    stock: { available: 8, reserved: 2, sold: 0 },
  });
  t.regex(
    String(refused.body['detail']),
    /^mug cannot be deleted: 8 units are in stock, 2 are reserved by open orders, 0 are sold\. .*"active": false/,
  );
  const { order } = await settleOrder(pool, orderId, { kind: 'cancel', reason: 'operator-request' });
  t.is(order.amount, 2500);
  t.is((await ask('DELETE', '/products/mug')).status, 409);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('the list has stable pages, whose links keep the filters', async (t) => {
  const { ask } = await catalogue(t);
  for (const path of ['a%26b', '%E9%9E%8B-42', 'z']) await ask('PUT', `/products/${path}`, shirt);
  await ask('PUT', '/products/mug', { ...shirt, active: false });
  const seen: unknown[] = [];
  for (let next: unknown = '/products?limit=1&active=true&text=t-SHIRT'; typeof next === 'string'; ) {
    const { status, body } = await ask('GET', next);
    t.is(status, 200);
    seen.push(...(body['products'] as { sku: string }[]).map(({ sku }) => sku));
    next = (body['links'] as { next?: string }).next;
  }
  t.deepEqual(seen, ['a&b', 'z', '鞋-42']);
  t.is(((await ask('GET', '/products')).body['products'] as object[]).length, 4);
});

test('each bad field is refused by its name, and nothing is changed', async (t) => {
  const { pool, ask } = await catalogue(t);
  const before = await rows(pool, 'SELECT * FROM products');
  const bad: [string, string, unknown, number, string[]][] = [
    ['PUT', 'mug', { ...shirt, unitPrice: 12.5 }, 422, ['unitPrice']],
    ['PUT', 'mug', { ...shirt, unitPrice: -1, currency: 'EURO', name: ' ' }, 422, ['name', 'unitPrice', 'currency']],
    ['PUT', 'mug', { ...shirt, name: 'x'.repeat(201), maxPerOrder: 0 }, 422, ['name', 'maxPerOrder']],
    ['PUT', 'mug', { ...shirt, name: 'half \ud83d', active: 1 }, 422, ['name', 'active']],
    ['PUT', 'mug', { ...shirt, stock: 5, sku: 'mug' }, 422, ['stock', 'sku']],
    ['PUT', 'mug', { unitPrice: 5 }, 422, ['name', 'currency']],
    ['PUT', 'mug', [], 422, ['body']],
    ['PUT', 'mug', '{', 400, ['body']],
    ['PUT', '%20mug', shirt, 422, ['sku']],
    ['PUT', 'a%00b', shirt, 422, ['sku']],
    ['GET', 'x'.repeat(65), undefined, 404, []],
    ['DELETE', 'a%0Ab', undefined, 404, []],
    ['GET', '?limit=0&active=yes', undefined, 422, ['limit', 'active']],
    ['GET', '?limit=1001', undefined, 422, ['limit']],
    ['GET', '?limit=1&limit=2', undefined, 422, ['limit']],
    ['GET', '?page=2&text=', undefined, 422, ['page', 'text']],
  ];
  for (const [method, path, body, status, fields] of bad) {
    const answer = await ask(method, `/products${path.startsWith('?') ? '' : '/'}${path}`, body);
    t.is(answer.status, status, path);
    const named = ((answer.body['errors'] ?? []) as { field: string }[]).map(({ field }) => field);
    t.deepEqual(named.toSorted(), fields.toSorted(), `${path} ${JSON.stringify(body)}`);
  }
  t.is((await ask('PUT', '/products/%E0%A4%A', shirt)).status, 400);
  t.deepEqual(await rows(pool, 'SELECT * FROM products'), before);
});
