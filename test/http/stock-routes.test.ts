import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createStockChanges } from '../../src/db/stock/stock-changes.js';
import { stockHistory } from '../../src/db/stock/stock-history.js';
import { serveOperators } from '../helpers/app.js';
import { count, placeOrder, product, shopDatabase, stockOf } from '../helpers/database.js';
import { adminToken } from '../helpers/system.js';

interface Answer {
  readonly status: number;
  readonly replayed: string | null;
  readonly body: Record<string, unknown>;
}

async function backOffice(t: ExecutionContext, products = [product()]) {
  const { pool } = await shopDatabase(t, products);
  const { change } = createStockChanges(pool);
  const url = await serveOperators(t, {
    changeStock: change,
    stockHistory: (sku, page) => stockHistory(pool, sku, page),
  });
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const body = (await response.json()) as Answer['body'];
    return { status: response.status, replayed: response.headers.get('idempotent-replayed'), body };
  };
  return {
    pool,
    post: (body: unknown, { sku = 'mug', key = randomUUID() as string } = {}) =>
      ask(`/products/${encodeURIComponent(sku)}/stock-changes`, {
        method: 'POST',
        headers: { ...headers, ...(key && { 'idempotency-key': key }) },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (query = '', sku = 'mug') => ask(`/products/${encodeURIComponent(sku)}/stock-changes${query}`, { headers }),
    follow: (path: string) => ask(path, { headers }),
  };
}

test('a change is answered with the change and the stock after it, and a repetition with the same answer', async (t) => {
  const { pool, post } = await backOffice(t, [product({ sku: 'T-SHIRT/RED L' })]);
  const body = { kind: 'received', quantity: 5, reason: 'delivery', reference: 'PO-7', by: 'ada' };
  const at = { sku: 'T-SHIRT/RED L', key: 'one' };
  const first = await post(body, at);
  t.like(first, { status: 201, replayed: null });
  t.like(first.body, { sku: at.sku, ...body, counted: null, available: 15, reserved: 0, canceledOrders: [] });
  t.deepEqual(await post(body, { ...at, key: '"one"' }), { ...first, replayed: 'true' });
  t.like(await post({ ...body, quantity: 6 }, at), {
    status: 422,
    body: { type: 'urn:order-bridge:problem:idempotency-key-reused' },
  });
  t.is((await stockOf(pool, at.sku)).available, 15);
});

test('a count below the reserved units is refused with the numbers and the orders, and the force names what it canceled', async (t) => {
  const { pool, post } = await backOffice(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const refused = await post({ kind: 'counted', quantity: 3 });
  t.like(refused, { status: 409, body: { type: 'urn:order-bridge:problem:stock-reserved' } });
  t.deepEqual(refused.body['stock'], { available: 6, reserved: 4, requested: 3 });
  t.deepEqual(refused.body['orders'], { total: 1, newest: [orderId] });
  t.like((await post({ kind: 'lost', quantity: 11 })).body, { type: 'urn:order-bridge:problem:stock-too-low' });
  const forced = await post({ kind: 'counted', quantity: 3, cancelNewestOrders: true });
  t.like(forced.body, { available: 3, reserved: 0, canceledOrders: [orderId] });
});

test('bad input is answered 422 with each field and what was expected, and changes nothing', async (t) => {
  const { pool, post, get } = await backOffice(t);
  const fields = ({ status, body }: Answer) => {
    t.is(status, 422, JSON.stringify(body));
    const errors = body['errors'] as { field: string; detail: string }[];
    for (const { detail } of errors) t.regex(detail, /^(expected|this field)/);
    return errors.map(({ field }) => field);
  };
  for (const [body, named] of [
    [[], ['body']],
    [{}, ['kind', 'quantity']],
    [{ kind: 'opening', quantity: 1 }, ['kind']],
    [{ kind: 'received', quantity: 0 }, ['quantity']],
    [{ kind: 'received', quantity: 1.5 }, ['quantity']],
    [{ kind: 'received', quantity: '5' }, ['quantity']],
    [{ kind: 'lost', quantity: -1 }, ['quantity']],
    [{ kind: 'counted', quantity: -1 }, ['quantity']],
    [{ kind: 'corrected', quantity: 0 }, ['quantity']],
    [{ kind: 'received', quantity: 2 ** 53 }, ['quantity']],
    [{ kind: 'received', quantity: 1, units: 1, note: 'x' }, ['units', 'note']],
    [
      { kind: 'received', quantity: 1, reason: '', reference: 'x'.repeat(101), by: 'a\nb' },
      ['reason', 'reference', 'by'],
    ],
    [{ kind: 'received', quantity: 1, cancelNewestOrders: true }, ['cancelNewestOrders']],
    [{ kind: 'lost', quantity: 1, cancelNewestOrders: 'yes' }, ['cancelNewestOrders']],
  ] as const) {
    t.deepEqual(fields(await post(body)), [...named], JSON.stringify(body));
  }
  for (const [query, named] of [
    ['?limit=0', ['limit']],
    ['?limit=201', ['limit']],
    ['?before=x', ['before']],
    ['?after=1', ['after']],
  ] as const) {
    t.deepEqual(fields(await get(query)), [...named], query);
  }
  t.is((await post('{')).status, 400);
  t.is((await post({ kind: 'received', quantity: 1 }, { key: '' })).status, 400);
  for (const sku of ['lamp', ' mug', 'x'.repeat(65)]) {
    t.is((await post({ kind: 'received', quantity: 1 }, { sku })).status, 404, sku);
    t.is((await get('', sku)).status, 404, sku);
  }
  t.is(await count(pool, 'stock_changes'), 1);
});

test('the ledger has pages, the newest change first, which stay as they are while changes come', async (t) => {
  const { post, get, follow } = await backOffice(t);
  for (const quantity of [1, 2, 3, 4]) await post({ kind: 'received', quantity });
  const quantities = ({ body }: Answer) => (body['changes'] as { quantity: number }[]).map(({ quantity }) => quantity);
  const next = ({ body }: Answer) => (body['links'] as { next?: string }).next ?? '';
  const first = await get('?limit=2');
  await post({ kind: 'received', quantity: 5 });
  const second = await follow(next(first));
  const last = await follow(next(second));
  t.deepEqual([first, second, last].map(quantities), [[4, 3], [2, 1], [10]]);
  t.is(next(last), '');
  t.deepEqual(quantities(await get()), [5, 4, 3, 2, 1, 10]);
});
