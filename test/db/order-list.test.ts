import test from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import { loadOrders } from '../../bench/load-orders.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { listOrders } from '../../src/db/orders/order-list.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import type { Checkout } from '../../src/domain/checkout.js';
import type { OrderFilters } from '../../src/domain/order-filters.js';
import { openPool, placeOrder, product, shopDatabase } from '../helpers/database.js';
import { payFor } from './payment-events.js';

/** The list of orders by filters. */

async function shopWithOrders(t: Parameters<typeof shopDatabase>[0]) {
  const skus = ['mug', 'T-SHIRT/RED L', 'größe-M', '19" rack', '\\back%slash_'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 100 })),
  );
  const place = (userId: number, sku = 'mug', quantity = 1) => placeOrder(pool, { userId, lines: [{ sku, quantity }] });
  const paid = await place(1);
  await settleOrder(pool, paid.orderId, { kind: 'payment', paymentId: await payFor(pool, paid) });
  const canceled = await place(2);
  await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'operator-request' });
  const recorded = await place(1, 'T-SHIRT/RED L');
  await recordOrders(pool, [recorded.orderId]);
  const unrecorded = await place(1, 'mug', 3);
  return { pool, url, place, paid, canceled, recorded, unrecorded };
}

const idsOf = async (pool: Pool, filters: OrderFilters): Promise<string[]> =>
  (await listOrders(pool, filters, { limit: 200 })).orders.map(({ orderId }) => orderId);

const ids = (...orders: Checkout[]): string[] => orders.map(({ orderId }) => orderId);

test('orders are listed by each filter, the newest first, recorded or not', async (t) => {
  const { pool, paid, canceled, recorded, unrecorded } = await shopWithOrders(t);
  t.deepEqual(await idsOf(pool, {}), ids(unrecorded, recorded, canceled, paid));
  t.deepEqual(await idsOf(pool, { customer: 1 }), ids(unrecorded, recorded, paid));
  t.deepEqual(await idsOf(pool, { customer: 3 }), []);
  t.deepEqual(await idsOf(pool, { status: 'placed' }), ids(unrecorded, recorded));
  t.deepEqual(await idsOf(pool, { status: 'paid' }), ids(paid));
  t.deepEqual(await idsOf(pool, { status: 'canceled' }), ids(canceled));
  t.deepEqual(await idsOf(pool, { sku: 'mug' }), ids(unrecorded, canceled, paid));
  t.deepEqual(await idsOf(pool, { sku: 'mug', status: 'placed' }), ids(unrecorded));
  t.deepEqual(await idsOf(pool, { sku: 'mug', customer: 1 }), ids(unrecorded, paid));
  t.deepEqual(await idsOf(pool, { amount: 3750 }), ids(unrecorded));
  t.deepEqual(await idsOf(pool, { amount: 3750, currency: 'USD' }), []);
  const [first] = (await listOrders(pool, { status: 'canceled' }, { limit: 1 })).orders;
  t.like(first, { userId: 2, status: 'canceled', cancelReason: 'operator-request', refund: 'none', amount: 1250 });
});

test('since is inclusive, and until is exclusive, by the time of the checkout', async (t) => {
  const { pool, paid, canceled, recorded, unrecorded } = await shopWithOrders(t);
  const now = Date.now();
  for (const [index, { orderId }] of [paid, canceled, recorded, unrecorded].entries()) {
    await pool.query('UPDATE checkouts SET created_at = ? WHERE order_id = ?', [
      new Date(now - (60 - index) * 30_000),
      orderId,
    ]);
  }
  const ago = (halfMinutes: number) => new Date(now - halfMinutes * 30_000);
  t.deepEqual(await idsOf(pool, { since: ago(59), until: ago(57) }), ids(recorded, canceled));
  t.deepEqual(await idsOf(pool, { until: ago(59) }), ids(paid));
  t.deepEqual(await idsOf(pool, { since: ago(57), sku: 'mug', status: 'placed' }), ids(unrecorded));
});

test('a SKU of any characters is found in orders that are recorded and in orders that are not', async (t) => {
  const { pool, place } = await shopWithOrders(t);
  for (const sku of ['größe-M', '19" rack', '\\back%slash_']) {
    const [one, other] = [await place(5, sku), await place(6, sku)];
    await recordOrders(pool, [one.orderId]);
    t.deepEqual(await idsOf(pool, { sku }), ids(other, one), sku);
    t.deepEqual(await idsOf(pool, { sku, customer: 5 }), ids(one), sku);
    t.deepEqual(await idsOf(pool, { sku, status: 'placed' }), ids(other, one), sku);
  }
  t.deepEqual(await idsOf(pool, { sku: 'GRÖSSE-M' }), []);
});

test('pages are stable while orders come: no order is missing, and none comes twice', async (t) => {
  const { pool, place } = await shopWithOrders(t);
  for (let n = 0; n < 20; n++) await place(9);
  const wanted = await idsOf(pool, {});
  const seen: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await listOrders(pool, {}, { after, limit: 5 });
    seen.push(...page.orders.map(({ orderId }) => orderId));
    await place(9);
    after = page.next;
    if (after === undefined) break;
  }
  t.deepEqual(seen, wanted);
  const upTo = wanted[3] as string;
  const { orders } = await listOrders(pool, {}, { upTo, limit: 200 });
  t.deepEqual(
    orders.map(({ orderId }) => orderId),
    wanted.slice(3),
  );
});

test('a page that examines its number of orders without a match goes on with the next page', async (t) => {
  const { pool, place, paid } = await shopWithOrders(t);
  for (let n = 0; n < 20; n++) await place(9);
  const seen: string[] = [];
  let pages = 0;
  for (let after: string | undefined; ; pages++) {
    const page = await listOrders(pool, { status: 'paid' }, { after, limit: 3, examined: 5 });
    seen.push(...page.orders.map(({ orderId }) => orderId));
    after = page.next;
    if (after === undefined) break;
  }
  t.deepEqual(seen, ids(paid));
  t.true(pages >= 4);
});

/** The indexes bound what a page reads; `examined` bounds what no index finds. */
const bounded: readonly OrderFilters[] = [
  {},
  { customer: 7 },
  { customer: 'ann' },
  { status: 'placed' },
  { sku: 'rare' },
  { sku: 'rare', status: 'placed' },
  { since: new Date(Date.now() - 60_000) },
  { until: new Date(Date.now() - 10 * 24 * 60 * 60_000) },
  { status: 'paid' },
  { status: 'canceled' },
];

test('a page reads rows in proportion to the page, and not to the orders of the shop', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 1_000_000 }), product({ sku: 'rare', stock: 10 })]);
  await loadOrders(pool, { sku: 'mug', closed: 6_000, open: 10 });
  await placeOrder(pool, { lines: [{ sku: 'rare', quantity: 1 }] });
  const one = openPool(t, url, 1);
  for (const filters of bounded) {
    const before = await rowsRead(one);
    await listOrders(one, filters, { limit: 10 });
    const read = (await rowsRead(one)) - before;
    t.true(read < 2_500, `${JSON.stringify(filters)} reads ${read} rows`);
  }
  const before = await rowsRead(one);
  t.deepEqual(await listOrders(one, { amount: 7 }, { limit: 10, examined: 300 }).then(({ orders }) => orders), []);
  const read = (await rowsRead(one)) - before;
  t.true(read < 3_000, `an amount that no order has reads ${read} rows`);
});

async function rowsRead(pool: Pool): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}
