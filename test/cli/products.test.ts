import test, { type ExecutionContext } from 'ava';
import { findProduct, listProducts } from '../../src/db/catalogue/products.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { orders } from './orders.js';

/** `orders products` as an operator runs it. */

const shirt = 'T-SHIRT/RED L';

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const products = (...args: string[]) => orders(['products', ...args], { MYSQL_URL: url });
  const set = (...args: string[]) => products('set', ...args);
  return { pool, products, set };
}

test('products set creates a product, changes the fields that are given, and says what changed', async (t) => {
  const { pool, set } = await shop(t);
  const created = await set(shirt, '--name', 'T-shirt', '--price', '19.5', '--currency', 'EUR', '--max-per-order', '5');
  t.deepEqual(
    [created.code, created.out],
    [0, "'T-SHIRT/RED L' is created: T-shirt, 19.50 EUR, for sale, at most 5 in one order.\n"],
  );
  t.like(await findProduct(pool, shirt), { unitPrice: 1950, maxPerOrder: 5, active: true, available: 0 });
  const changed = await set(shirt, '--price', '20', '--max-per-order', 'none', '--no-active');
  t.is(
    changed.out,
    "'T-SHIRT/RED L' is changed: T-shirt, 20.00 EUR, off sale; it was: T-shirt, 19.50 EUR, for sale, at most 5 in one order.\n",
  );
  t.like(await findProduct(pool, shirt), { unitPrice: 2000, maxPerOrder: null, active: false, name: 'T-shirt' });
  t.is((await set(shirt, '--active')).code, 0);
  const again = await set(shirt, '--active', '--json');
  t.like(JSON.parse(again.out), { sku: shirt, outcome: 'unchanged', dryRun: false, product: { unitPrice: 2000 } });
});

test('products set reads a price by the digits of its currency', async (t) => {
  const { pool, set } = await shop(t);
  for (const [currency, price, unitPrice] of [
    ['JPY', '1250', 1250],
    ['KWD', '1.25', 1250],
  ] as const) {
    t.is((await set(`in-${currency}`, '--name', 'x', '--price', price, '--currency', currency)).code, 0);
    t.is((await findProduct(pool, `in-${currency}`))?.unitPrice, unitPrice);
  }
  for (const [price, example] of [
    ['12.505', /--price expects a price in EUR such as 12\.50, not 12\.505\./],
    ['12,50', /in EUR such as 12\.50, not '12,50'\./],
    ['-1', /in EUR/],
  ] as const) {
    const { code, err } = await set('mug', `--price=${price}`);
    t.is(code, 1);
    t.regex(err, example);
  }
  t.regex((await set('in-JPY', '--price', '12.50')).err, /in JPY such as 1250, not 12\.50/);
});

test('products set refuses each bad value by its option, and changes nothing', async (t) => {
  const { pool, set } = await shop(t);
  const before = await rows(pool, 'SELECT * FROM products');
  for (const [args, message] of [
    [[' mug', '--active'], /Expected 1 to 64 printable characters/],
    [['mug', '--name', ' '], /--name <name>.*Expected 1 to 200 characters/],
    [['mug', '--currency', 'EURO'], /--currency <code>.*Expected a currency of ISO 4217/],
    [['mug', '--currency', 'USD'], /--currency needs --price: the price of mug is in EUR/],
    [['mug', '--max-per-order', '0'], /--max-per-order <number>.*Expected a whole number from 1/],
    [['pot', '--price', '1.00'], /--price needs --currency: there is no product pot yet/],
  ] as const) {
    const { code, err } = await set(...args);
    t.is(code, 1, args.join(' '));
    t.regex(err, message);
  }
  const lacking = await set('pot', '--name', 'Pot');
  t.is(lacking.code, 1);
  t.regex(lacking.out, /^not created: there is no product pot yet, and a new one needs --price, --currency too\.\n/);
  t.deepEqual(await rows(pool, 'SELECT * FROM products'), before);
});

test('products retire takes products off sale, names the reserved units and each unknown product', async (t) => {
  const { pool, products } = await shop(t);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  const planned = await products('retire', 'mug', '--dry-run');
  t.regex(planned.out, /^mug would be changed: .*, off sale; it was: .*, for sale\. 2 units in open orders/);
  t.true((await findProduct(pool, 'mug'))?.active);
  const { code, out } = await products('retire', 'no-such', 'mug');
  t.is(code, 1);
  t.regex(out, /^There is no product no-such\.\nmug is changed: .*off sale.* 2 units in open orders: they can/);
  t.like(await findProduct(pool, 'mug'), { active: false, available: 8, reserved: 2 });
  t.is((await listProducts(pool, { limit: 9 })).length, 1);
});

test('products list has pages, filters and JSON, and products show one product', async (t) => {
  const { products, set } = await shop(t);
  for (const sku of ['größe-M', '鞋-42']) {
    await set(sku, '--name', sku, '--price', '1', '--currency', 'EUR', ...(sku === '鞋-42' ? ['--no-active'] : []));
  }
  const { out } = await products('list', '--limit', '2');
  t.regex(out, /^größe-M {2}größe-M\n {4}1\.00 EUR, for sale; 0 available, 0 reserved, 0 sold$/m);
  t.regex(out, /^2 products; the next ones: --after mug$/m);
  const skus = async (...args: string[]) =>
    (JSON.parse((await products('list', '--json', ...args)).out) as { sku: string }[]).map(({ sku }) => sku);
  t.deepEqual(await skus('--after', 'mug'), ['鞋-42']);
  t.deepEqual(await skus('--no-active'), ['鞋-42']);
  t.deepEqual(await skus('--text', 'GRÖSSE'), []);
  t.deepEqual(await skus('--text', 'GRÖß'), ['größe-M']);
  const shown = await products('show', '鞋-42');
  t.regex(shown.out, /^sku: +鞋-42$/m);
  t.regex(shown.out, /^price: +1\.00 EUR$/m);
  t.like(JSON.parse((await products('show', 'größe-M', '--json')).out), { sku: 'größe-M', unitPrice: 100 });
  const none = await products('show', 'no such');
  t.deepEqual([none.code, none.out.startsWith("There is no product 'no such'.")], [1, true]);
});
