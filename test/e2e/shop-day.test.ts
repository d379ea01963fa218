import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { orders } from '../cli/orders.js';
import { buyAsBackend } from '../helpers/backend.js';
import { rows } from '../helpers/database.js';
import { asOperator } from '../helpers/operator.js';
import { type System, startSystem } from '../helpers/system.js';

/**
 * A day of a shop in a minute: 2,000 products from a CSV, 500 buyers a minute who are guests, texts and numbers, and the
 * back office at work beside them. Each step is HTTP or a command.
 */

const test = anyTest as TestFn<{ system: System }>;

const PRODUCTS = 2_000;
const [BUYERS, A_MINUTE] = [250, 500];
const STOCK = 20;
const skuOf = (n: number): string => `Größe ${n % 7}/Tee №${n}`;
const [popular, retired] = [skuOf(0), skuOf(1)];

const shipping = { kind: 'shipping', label: 'Parcel', amount: 490 };
const tax = { kind: 'tax', label: 'VAT 19 %', amount: 199, included: true };
const voucher = { kind: 'discount', label: 'WELCOME', amount: -250 };
/** What the adjustments add to each order, in minor units. */
const ADDED = 490 - 250;
const priceOf = (n: number): number => 1_000 + n;

const customers = [undefined, 'ada@shop.example', '0199f1f0-7b1e-7c3e-9d3f-3a4f6c2b1e00', 7] as const;

test.before(async (t) => {
  t.context.system = await startSystem([]);
});

test.after.always((t) => t.context.system.close());

const run = ({ mysqlUrl }: System, ...args: string[]) => orders(args, { MYSQL_URL: mysqlUrl });

test('a shop is set up, sold on, restocked, counted, and every unit is explained at its end', async (t) => {
  const { system } = t.context;
  await setUp(t);
  const ask = asOperator(system.adminUrl);

  const buying = buyers(system);
  const openOfRetired = await buyOne(system, 1);
  const [extended, free] = await Promise.all([buyOne(system, 2), buyFree(t)]);
  await retire(t);
  await extend(t, extended);
  const restocking = new AbortController();
  const changes = workOnStock(system, restocking.signal);
  const placed = await buying;
  restocking.abort();
  t.true((await changes) > 0, 'the stock was changed while buyers bought');

  t.is(placed.length, BUYERS, 'no buyer was refused');
  const all = [...placed, openOfRetired, extended];
  for (const [index, order] of all.entries()) {
    if (index % 5 === 4) await cancel(t, order);
    else await system.customers.pay(order);
  }
  for (const [index, { orderId }] of all.entries()) {
    const isCanceled = index % 5 === 4;
    const end = isCanceled ? ['canceled', 'released'] : ['paid', 'sold'];
    await system.observer.ended(orderId, { status: end[0], movement: end[1] } as never);
  }
  await system.observer.ended(free.orderId, { status: 'paid', movement: 'sold' });

  const report = await until(
    'the audit to hold',
    system.audit,
    ({ findings, open }) => findings.length + open.length === 0,
  );
  t.deepEqual(report.findings, []);
  await everyUnitIsExplained(t);
  t.like(await ask('GET', `/orders?customer=${encodeURIComponent('ada@shop.example')}&status=paid&limit=1`), {
    body: { orders: [{ userId: 'ada@shop.example', adjustments: [shipping, tax, voucher] }] },
  });
});

async function setUp(t: ExecutionContext<{ system: System }>): Promise<void> {
  const { system } = t.context;
  const lines = Array.from({ length: PRODUCTS }, (_, n) => {
    const price = `${Math.floor(priceOf(n) / 100)},${String(priceOf(n) % 100).padStart(2, '0')}`;
    return `"${skuOf(n)}";"Tee, №${n}";"${price.replace(',', '.')}";EUR;${STOCK}`;
  });
  const file = join(mkdtempSync(join(tmpdir(), 'orders-day-')), 'shop.csv');
  writeFileSync(file, `\ufeffsku;name;price;currency;stock\r\n${lines.join('\r\n')}\r\n`);
  const preview = await run(system, 'products', 'import', file, '--dry-run');
  t.is(preview.code, 0, preview.err);
  t.deepEqual(await rows(system.pool, 'SELECT COUNT(*) AS n FROM products'), [{ n: 0 }], 'a dry run takes nothing');
  const { code, out } = await run(system, 'products', 'import', file);
  t.deepEqual([code, out], [0, `${PRODUCTS} products: ${PRODUCTS} created, 0 changed, 0 unchanged.\n`]);
}

/** Buyers at a steady rate, each with a basket of two products. Resolves with their orders. */
async function buyers(system: System): Promise<Placed[]> {
  const begun = performance.now();
  const orders = Array.from({ length: BUYERS }, async (_, index) => {
    await sleep(Math.max(0, begun + (index * 60_000) / A_MINUTE - performance.now()));
    return await buyOne(system, 3 + index, customers[index % customers.length]);
  });
  return await Promise.all(orders);
}

async function buyOne(system: System, n: number, customer?: number | string): Promise<Placed> {
  const items = [{ sku: skuOf(n), quantity: 1 }, ...(n === 1 ? [] : [{ sku: popular, quantity: 1 }])];
  const body = {
    ...(customer !== undefined && { userId: customer }),
    items,
    adjustments: [shipping, tax, voucher],
    reference: `W-${randomUUID()}`,
  };
  for (;;) {
    const { status, body: answer } = await buyAsBackend(system.shopUrl, body);
    if (status === 201) {
      const expected = priceOf(n) + (n === 1 ? 0 : priceOf(0)) + ADDED;
      if (answer.amount !== expected) throw new Error(`${answer.amount} instead of ${expected}`);
      return answer;
    }
    // The popular product sells out until the next delivery comes.
    if (!answer.type?.endsWith('out-of-stock')) throw new Error(`${status} ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}

async function buyFree(t: ExecutionContext<{ system: System }>): Promise<Placed> {
  const { system } = t.context;
  const gift = { kind: 'discount', label: 'GIFT', amount: -priceOf(900) };
  const { status, body } = await buyAsBackend(system.shopUrl, {
    items: [{ sku: skuOf(900), quantity: 1 }],
    adjustments: [gift],
  });
  t.like({ code: status, ...body }, { code: 201, amount: 0, status: 'paid' });
  return body;
}

/** Open orders go on; nobody else can buy the product. */
async function retire(t: ExecutionContext<{ system: System }>): Promise<void> {
  const { system } = t.context;
  t.is((await run(system, 'products', 'retire', retired)).code, 0);
  const { status, body } = await buyAsBackend(system.shopUrl, { items: [{ sku: retired, quantity: 1 }] });
  t.is(status, 409);
  t.true(body.type?.endsWith('not-for-sale'));
}

async function extend(t: ExecutionContext<{ system: System }>, { orderId, expiresAt }: Placed): Promise<void> {
  const { system } = t.context;
  const later = new Date(Date.parse(expiresAt) + 3_600_000).toISOString();
  const { status, body } = await asOperator(system.adminUrl)('POST', `/orders/${orderId}/extend`, { expiresAt: later });
  t.like({ status, body }, { status: 200, body: { status: 'placed', expiresAt: later } });
}

async function cancel(t: ExecutionContext<{ system: System }>, { orderId, readToken }: Placed): Promise<void> {
  const headers = { authorization: `Bearer ${readToken}` };
  const answer = await fetch(`${t.context.system.shopUrl}/orders/${orderId}/cancel`, { method: 'POST', headers });
  t.is(answer.status, 200, orderId);
}

/** Deliveries, counts, losses, returns and corrections, one after the other. @returns how many changes were made */
async function workOnStock({ adminUrl }: System, signal: AbortSignal): Promise<number> {
  const ask = asOperator(adminUrl);
  let made = 0;
  const change = async (n: number, body: object): Promise<void> => {
    const path = `/products/${encodeURIComponent(skuOf(n))}/stock-changes`;
    const answer = await ask('POST', path, { by: 'ada', reference: `PO-${made}`, ...body });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer));
    made++;
  };
  for (let n = 3; !signal.aborted; n++) {
    await change(0, { kind: 'received', quantity: 10 });
    await change(n, { kind: 'counted', quantity: STOCK + 2 });
    await change(n, { kind: 'lost', quantity: 1, reason: 'broken' });
    await change(n, { kind: 'returned', quantity: 1 });
    await change(n, { kind: 'corrected', quantity: -2, reason: 'a typing mistake' });
  }
  return made;
}

/** For each SKU: what the ledger has added is what lies there, is held, and was sold. */
async function everyUnitIsExplained(t: ExecutionContext<{ system: System }>): Promise<void> {
  const { pool, adminUrl } = t.context.system;
  const unexplained = await rows(
    pool,
    `SELECT p.sku, p.available, p.reserved, p.sold, SUM(c.quantity) AS ledger
     FROM products p JOIN stock_changes c ON c.sku = p.sku GROUP BY p.sku
     HAVING ledger <> p.available + p.reserved + p.sold OR p.reserved <> 0`,
  );
  t.deepEqual(unexplained, []);
  const ask = asOperator(adminUrl);
  const path = `/products/${encodeURIComponent(popular)}`;
  const { available, sold } = (await ask('GET', path)).body as { available: number; sold: number };
  let [sum, next]: [number, string | undefined] = [0, `${path}/stock-changes?limit=200`];
  while (next !== undefined) {
    const { changes, links } = (await ask('GET', next)).body as {
      changes: { quantity: number }[];
      links: { next?: string };
    };
    sum += changes.reduce((total, { quantity }) => total + quantity, 0);
    next = links.next;
  }
  t.is(sum, available + sold, 'over HTTP as well');
}
