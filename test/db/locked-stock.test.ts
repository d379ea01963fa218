import test, { type ExecutionContext } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { awaitStock } from '../../src/db/checkouts/stock.js';
import { createCheckouts } from '../../src/db/grouped-writes.js';
import {
  checkoutRequest,
  count,
  openPool,
  product,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../helpers/database.js';

/** Stock that another transaction has locked: its buyers get an error, and buyers of other stock buy. */

/** A shop whose stock of the SKUs `held` stays locked until `release`, or the end of the test. */
async function shopWithLocked(t: ExecutionContext, skus: readonly string[], held: readonly string[]) {
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku, stock: 100 })),
  );
  const { checkout } = createCheckouts(openPool(t, url, 10), { windowMs: WINDOW_MS, waiting: 1_000 });
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query('SELECT sku FROM products WHERE sku IN (?) FOR UPDATE', [held]);
  const buy = (...wanted: string[]) =>
    checkout(checkoutRequest({ lines: wanted.map((sku) => ({ sku, quantity: 1 })) })).then(
      ({ kind }) => kind,
      (error: { code?: string }) => error.code,
    );
  return { pool, buy, release: async () => void (await other.query('COMMIT')) };
}

const unavailable = 'dependency-unavailable';
const untouched = { available: 100, reserved: 0, sold: 0 };

test('buyers of a locked SKU get an error within seconds, and buyers of other SKUs are served meanwhile', async (t) => {
  const { pool, buy, release } = await shopWithLocked(t, ['cup', 'mug', 'pot'], ['mug']);
  const answered: string[] = [];
  const record = async (name: string, answer: Promise<unknown>) => {
    const kind = await answer;
    answered.push(name);
    return kind;
  };
  // Each of the first two blocks a transaction. Buyers of the locked SKU, of other SKUs and of both wait behind them.
  const first = [record('mug', buy('mug', 'no-such')), record('mug', buy('mug'))];
  const behind = [record('pot', buy('pot')), record('mug', buy('mug')), record('both', buy('cup', 'mug'))];
  const more = [record('pot', buy('pot')), record('cup', buy('cup', 'pot')), record('none', buy('no-such'))];
  const answers = await Promise.all([...first, ...behind, ...more]);

  t.deepEqual(answers.slice(0, 2), [unavailable, unavailable]);
  t.deepEqual(answers.slice(2, 5), ['reserved', unavailable, unavailable]);
  t.deepEqual(answers.slice(5), ['reserved', 'reserved', 'unknown-sku']);
  t.deepEqual(new Set(answered.slice(0, 4)), new Set(['pot', 'cup', 'none']), 'nobody else waited for the locked one');
  await release();
  t.deepEqual(await stockOf(pool, 'mug'), untouched);
  t.deepEqual(await stockOf(pool, 'cup'), { available: 99, reserved: 1, sold: 0 });
  t.is(await count(pool, 'checkouts'), 3);
  t.is(await buy('cup', 'mug'), 'reserved');
});

test('buyers of stock that is known as locked do not delay other buyers', async (t) => {
  const { buy, release } = await shopWithLocked(t, ['mug', 'pot'], ['mug']);
  t.is(await buy('mug'), unavailable);
  const mugs = Array.from({ length: 20 }, () => buy('mug'));
  t.deepEqual(await Promise.all(Array.from({ length: 20 }, () => buy('pot'))), Array(20).fill('reserved'));
  await release();
  await Promise.all(mugs);
  t.is(await buy('mug'), 'reserved');
});

test('every buyer gets an error within seconds when all stock is locked, however many SKUs the buyer wants', async (t) => {
  const skus = Array.from({ length: 30 }, (_, index) => `sku-${index}`);
  const { pool, buy } = await shopWithLocked(t, skus, skus);
  const answers = await Promise.all(skus.map((sku) => buy(sku)));
  t.deepEqual(new Set(answers), new Set([unavailable]));
  t.is(await count(pool, 'checkouts'), 0);
});

test('a checkout beyond the limit of waits for locked stock is refused at once', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query('SELECT sku FROM products FOR UPDATE');
  const { checkout, waiting } = createCheckouts(openPool(t, url), { windowMs: WINDOW_MS, waiting: 2 });
  await t.throwsAsync(checkout(checkoutRequest()), { code: unavailable });
  // The first buyer waits for the lock, and two wait behind the first.
  const taken = [1, 2, 3].map(() => checkout(checkoutRequest()));
  t.is(waiting(), 2);
  await t.throwsAsync(checkout(checkoutRequest()), { code: 'overloaded' });
  await other.query('COMMIT');
  await Promise.allSettled(taken);
  t.is((await checkout(checkoutRequest())).kind, 'reserved');
});

test('a free SKU stays free while its buyer waits for a locked SKU', async (t) => {
  const skus = ['cup', 'mug', 'pot'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query("SELECT sku FROM products WHERE sku = 'mug' FOR UPDATE");
  const waits = `SELECT id FROM information_schema.processlist
    WHERE db = DATABASE() AND info LIKE 'SELECT%mug%FOR UPDATE'`;
  const waiter = openPool(t, url);
  let watched = false;
  const waiting = (async () => {
    while (!watched) await awaitStock(waiter, skus);
  })();
  await until(
    'the wait for the lock',
    () => rows(pool, waits),
    (found) => found.length === 1,
  );
  const free = await rows(pool, 'SELECT sku FROM products ORDER BY sku FOR UPDATE SKIP LOCKED');
  t.deepEqual(
    free.map(({ sku }) => sku),
    ['cup', 'pot'],
  );
  watched = true;
  await waiting;
  await other.query('COMMIT');
  t.deepEqual(await awaitStock(waiter, skus), new Set());
});

test('one wait shows which of the locked SKUs are free again', async (t) => {
  const skus = ['cup', 'mug', 'pot'];
  const { pool, url } = await shopDatabase(
    t,
    skus.map((sku) => product({ sku })),
  );
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query("SELECT sku FROM products WHERE sku = 'mug' FOR UPDATE");
  t.deepEqual(await awaitStock(openPool(t, url), skus), new Set(['mug']));
});

test('every process sells locked stock again when the stock is released', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 100_000 })]);
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query('SELECT sku FROM products FOR UPDATE');

  let open = true;
  const shops = [1, 2].map(() => ({
    ...createCheckouts(openPool(t, url, 10), { windowMs: WINDOW_MS, waiting: 1_000 }),
    sold: 0,
    refused: 0,
  }));
  const calls = shops.flatMap((shop) =>
    Array.from({ length: 50 }, async () => {
      while (open)
        await shop.checkout(checkoutRequest()).then(
          () => shop.sold++,
          () => shop.refused++,
        );
    }),
  );
  const each = async (what: 'sold' | 'refused') => shops.map((shop) => shop[what]);
  await until(
    'both to be without it',
    () => each('refused'),
    (all) => all.every((n) => n > 0),
  );
  await other.query('COMMIT');
  const before = await each('sold');
  await until(
    'both to sell it',
    () => each('sold'),
    (all) => all.every((n, index) => n > Number(before[index]) + 500),
  );
  const refused = await each('refused');
  const further = (await each('sold')).map((n) => n + 500);
  await until(
    'both to sell more',
    () => each('sold'),
    (all) => all.every((n, index) => n > Number(further[index])),
  );
  open = false;
  await Promise.all(calls);
  t.deepEqual(await each('refused'), refused, 'and to refuse nobody any more');
});
