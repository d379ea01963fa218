import test, { type ExecutionContext } from 'ava';
import { listOrders } from '../../src/db/orders/order-list.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { serveOperators } from '../helpers/app.js';
import { placeOrder, product, shopDatabase } from '../helpers/database.js';
import { adminToken } from '../helpers/system.js';

/** `GET /orders` of the operators' listener, on a real database. */

interface Answer {
  readonly status: number;
  readonly body: {
    readonly orders: readonly { readonly orderId: string }[];
    readonly next: string | null;
    readonly errors?: readonly { readonly field: string; readonly detail: string }[];
  };
}

async function office(t: ExecutionContext) {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'T-SHIRT/RED L' })]);
  const url = await serveOperators(t, { listOrders: (filters, page) => listOrders(pool, filters, page) });
  const list = async (query: string): Promise<Answer> => {
    const answer = await fetch(`${url}/orders${query}`, { headers: { authorization: `Bearer ${adminToken}` } });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
  const idsOf = async (query: string) => {
    const { status, body } = await list(query);
    t.is(status, 200, query);
    return body.orders.map(({ orderId }) => orderId);
  };
  return { pool, list, idsOf };
}

test('orders are found by each parameter', async (t) => {
  const { pool, idsOf, list } = await office(t);
  const { orderId: mug } = await placeOrder(pool, { userId: 7 });
  const { orderId: shirt } = await placeOrder(pool, { userId: 8, lines: [{ sku: 'T-SHIRT/RED L', quantity: 2 }] });
  await settleOrder(pool, mug, { kind: 'cancel', reason: 'operator-request' });
  const hour = (by: number) => encodeURIComponent(new Date(Date.now() + by * 3_600_000).toISOString());
  t.deepEqual(await idsOf('?customer=07'), [], 'a text that is no number');
  t.deepEqual(await idsOf(''), [shirt, mug]);
  t.deepEqual(await idsOf('?customer=7'), [mug]);
  t.deepEqual(await idsOf('?customer=nobody%40example.com'), []);
  t.deepEqual(await idsOf('?sku=T-SHIRT%2FRED%20L'), [shirt]);
  t.deepEqual(await idsOf('?status=canceled'), [mug]);
  t.deepEqual(await idsOf('?amount=2500&currency=EUR'), [shirt]);
  t.deepEqual(await idsOf(`?since=${hour(-1)}&until=${hour(1)}`), [shirt, mug]);
  t.deepEqual(await idsOf(`?until=${hour(-1)}`), []);
  const { body } = await list('?customer=8');
  t.like(body.orders[0], {
    userId: 8,
    status: 'placed',
    amount: 2500,
    refund: 'none',
    links: { order: `/orders/${shirt}` },
  });
  const { orderId: ofAnn } = await placeOrder(pool, { userId: 'ann b@example.com' });
  t.deepEqual(await idsOf('?customer=ann%20b%40example.com'), [ofAnn]);
  t.like((await list('?customer=ann%20b%40example.com')).body.orders[0], { userId: 'ann b@example.com' });
  const { orderId: ofGuest } = await placeOrder(pool, { userId: null });
  t.like((await list('?limit=1')).body.orders[0], { orderId: ofGuest, userId: null });
});

test('pages go on behind the last order, until next is null', async (t) => {
  const { pool, list, idsOf } = await office(t);
  for (let n = 0; n < 7; n++) await placeOrder(pool);
  const all = await idsOf('');
  const first = await list('?limit=3');
  t.is(first.body.next, all[2] as string);
  t.deepEqual(await idsOf(`?limit=3&after=${first.body.next}`), all.slice(3, 6));
  t.deepEqual(await idsOf(`?limit=3&after=${first.body.next?.toUpperCase()}`), all.slice(3, 6));
  const last = await list(`?limit=3&after=${all[5]}`);
  t.deepEqual([last.body.orders.length, last.body.next], [1, null]);
});

const wrong: readonly (readonly [query: string, field: string, expected: RegExp])[] = [
  ['?status=open', 'status', /placed, paid or canceled/],
  ['?sku=', 'sku', /1 to 64 printable/],
  ['?customer=', 'customer', /whole number from 1/],
  ['?customer=%20ann', 'customer', /or a text of 1 to 64 printable/],
  [`?customer=${'x'.repeat(65)}`, 'customer', /1 to 64 printable/],
  ['?since=yesterday', 'since', /2026-03-01T10:00:00Z/],
  ['?since=2026-03-01T10:00:00', 'since', /with its zone/],
  ['?since=2026-03-01T10:00:00%2B01:00&until=2026-03-01T09:00:00Z', 'until', /after since/],
  ['?reference=', 'reference', /own number/],
  ['?amount=12.50', 'amount', /whole number from 0/],
  ['?amount=-1', 'amount', /whole number/],
  ['?amount=99999999999999999', 'amount', /whole number/],
  ['?currency=eur', 'currency', /ISO 4217/],
  ['?limit=0', 'limit', /from 1 to 200/],
  ['?limit=201', 'limit', /from 1 to 200/],
  ['?after=1', 'after', /`next`/],
  ['?page=2', 'page', /not known/],
  ['?limit=1&limit=2', 'limit', /once/],
  ['?__proto__=1', '__proto__', /not known/],
];

test('a wrong parameter is a 422 that names the parameter and what was expected', async (t) => {
  const { list } = await office(t);
  for (const [query, field, expected] of wrong) {
    const { status, body } = await list(query);
    t.is(status, 422, query);
    t.deepEqual(
      body.errors?.map((error) => error.field),
      [field],
      query,
    );
    t.regex(String(body.errors?.[0]?.detail), expected);
  }
  const { body } = await list('?status=open&limit=0&color=red');
  t.deepEqual(body.errors?.map(({ field }) => field).toSorted(), ['color', 'limit', 'status']);
});
