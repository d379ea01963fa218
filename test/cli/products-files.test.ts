import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fc } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { inWords } from '../../src/cli/products-csv/bad-csv.js';
import { storeCounts } from '../../src/cli/products-csv/counts.js';
import { until } from '../../src/cli/story/until.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { allProducts } from '../../src/db/catalogue/all-products.js';
import { saveProducts } from '../../src/db/catalogue/save-products.js';
import { createStockChanges } from '../../src/db/stock/stock-changes.js';
import { toSku } from '../../src/domain/sku.js';
import { accountName } from '../../src/stack/account-name.js';
import { read } from '../compose/files.js';
import { count, placeOrder, product, rows, shopDatabase } from '../helpers/database.js';
import { mainFile, orders, ordersEnv } from './orders.js';

/** `orders products import` and `export` as an operator runs them. */

async function shop(t: ExecutionContext, stocked: Parameters<typeof shopDatabase>[1] = []) {
  const { pool, url } = await shopDatabase(t, stocked);
  const folder = mkdtempSync(join(tmpdir(), 'orders-csv-'));
  const file = (name: string, content: string | Buffer = '') => {
    const path = join(folder, name);
    if (content !== '') writeFileSync(path, content);
    return path;
  };
  const run = (...args: string[]) => orders(['products', ...args], { MYSQL_URL: url });
  const catalogue = () =>
    rows(
      pool,
      `SELECT sku, name, unit_price AS price, currency, available AS stock, active, max_per_order AS most
       FROM products ORDER BY sku`,
    );
  return { pool, url, folder, file, run, catalogue };
}

const header = 'sku,name,price,currency,stock,active,max_per_order';

test('a shop is set up from a CSV: prices by their currency, the opening stock in the ledger', async (t) => {
  const { pool, file, run, catalogue } = await shop(t);
  const csv = file(
    'shop.csv',
    `${header}\nmug-red,"Red ""mug""",12.50,EUR,100,true,3\r\n鞋-42,"Shoe\n42",4900,JPY,,false,\nOud 5/ml,Oud,1.25,KWD,7,TRUE,\n`,
  );
  const { code, out } = await run('import', csv, '--by', 'ann');
  t.deepEqual([code, out], [0, '3 products: 3 created, 0 changed, 0 unchanged.\n']);
  t.deepEqual(await catalogue(), [
    { sku: 'Oud 5/ml', name: 'Oud', price: 1250, currency: 'KWD', stock: 7, active: 1, most: null },
    { sku: 'mug-red', name: 'Red "mug"', price: 1250, currency: 'EUR', stock: 100, active: 1, most: 3 },
    { sku: '鞋-42', name: 'Shoe\n42', price: 4900, currency: 'JPY', stock: 0, active: 0, most: null },
  ]);
  t.deepEqual(
    await rows(pool, 'SELECT kind, quantity, changed_by AS who FROM stock_changes WHERE sku = ?', ['mug-red']),
    [{ kind: 'opening', quantity: 100, who: 'ann' }],
  );
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('the same file again changes nothing, and the account that runs the command is in the ledger', async (t) => {
  const { pool, file, run, catalogue } = await shop(t);
  const csv = file('shop.csv', `${header}\nmug,A mug,12.50,EUR,10,true,\n`);
  await run('import', csv);
  const before = await catalogue();
  const { code, out } = await run('import', csv);
  t.is(code, 0);
  t.is(
    out,
    '1 product: 0 created, 0 changed, 1 unchanged.\nThe column stock was ignored for 1 product that existed already.\n',
  );
  t.deepEqual(await catalogue(), before);
  t.deepEqual(await rows(pool, 'SELECT DISTINCT changed_by AS who FROM stock_changes'), [{ who: accountName() }]);
});

test('a dry run prints each change with its old and new values, and changes nothing', async (t) => {
  const { file, run, catalogue } = await shop(t, [product(), product({ sku: 'lamp' }), product({ sku: 'pot' })]);
  const before = await catalogue();
  const csv = file(
    'shop.csv',
    `${header}\nmug,A mug,13.00,USD,99,false,5\nlamp,A mug,12.50,EUR,99,true,\nnew,"N\new",0,EUR,4,true,\n`,
  );
  const { code, out } = await run('import', csv, '--dry-run');
  t.is(code, 0);
  t.deepEqual(out.split('\n'), [
    'would change mug: price 12.50 EUR → 13.00 USD, active true → false, max_per_order none → 5',
    'would create new: "N\\new", 0.00 EUR, active true, max_per_order none, stock 4',
    '3 products: 1 created, 1 changed, 1 unchanged.',
    'The column stock was ignored for 2 products that existed already.',
    'This was a dry run: nothing was changed.',
    '',
  ]);
  t.deepEqual(await catalogue(), before);
  const json = JSON.parse((await run('import', csv, '--dry-run', '--json')).out);
  t.like(json, { dryRun: true, created: 1, changed: 1, unchanged: 1, stocksIgnored: 2, problemCount: 0 });
  t.like(json.changes[0], { sku: 'mug', outcome: 'changed', before: { unitPrice: 1250 }, after: { unitPrice: 1300 } });
  t.like(json.changes[1], { sku: 'new', outcome: 'created', stock: 4, after: { unitPrice: 0 } });
  t.deepEqual(await catalogue(), before);
});

test('a column that the file lacks stays as it is', async (t) => {
  const { pool, file, run, catalogue } = await shop(t, [product()]);
  await saveProducts(pool, [{ sku: 'mug', active: false, maxPerOrder: 4 }], { by: 'ann' });
  const csv = file('shop.csv', 'sku;name;price;currency\nmug;B;12,50;EUR\n');
  t.is((await run('import', csv)).out, '1 product: 0 created, 1 changed, 0 unchanged.\n');
  t.like(await catalogue(), [{ name: 'B', active: 0, most: 4, stock: 10 }]);
});

test('of a file with a bad line nothing is taken, and each bad line is named', async (t) => {
  const { file, run, catalogue } = await shop(t, [product()]);
  const before = await catalogue();
  const csv = file(
    'shop.csv',
    `${header}\nmug,B,1,EUR,1,true,\nnew,N,1,EUR,1,true,\nnew,N,1.005,HRK,1,maybe,\nmug,B,1,EUR,1,true,0\n`,
  );
  const { code, out } = await run('import', csv);
  t.is(code, 1);
  t.deepEqual(out.split('\n'), [
    'line 4, currency: expected a currency of ISO 4217 such as EUR, not "HRK"',
    'line 4, active: expected true or false, not "maybe"',
    'line 5, max_per_order: expected a whole number from 1 to 1000000, not "0"',
    `3 problems in ${csv}. Nothing of it was taken.`,
    '',
  ]);
  t.deepEqual(await catalogue(), before);
  const json = await run('import', csv, '--json');
  t.is(json.code, 1);
  t.like(JSON.parse(json.out), { problemCount: 3, changes: [] });
  t.like(JSON.parse(json.out).problems[1], { line: 4, column: 'active' });
});

test('a file of one wrong column has its problems counted, and the first of them printed', async (t) => {
  const { file, run, catalogue } = await shop(t);
  const lines = Array.from({ length: 3_000 }, (_, index) => `sku-${index},A,"1,000.00",EUR,1,true,`);
  const { code, out } = await run('import', file('shop.csv', `${header}\n${lines.join('\n')}`));
  t.is(code, 1);
  t.is(out.split('\n').length, 102);
  t.regex(out, /^3000 problems in .*, of which the first 100 are above\. Nothing of it was taken\.$/m);
  t.deepEqual(await catalogue(), []);
});

test('a file that is not there, or a folder, is an error with its name', async (t) => {
  const { folder, file, run } = await shop(t);
  for (const path of [file('missing.csv'), folder]) {
    const { code, err } = await run('import', path);
    t.is(code, 1);
    t.regex(err, /^The file .* cannot be read: (ENOENT|it is a folder)/);
    t.notRegex(err, / {4}at /);
  }
});

async function pipe(t: ExecutionContext, url: string, args: readonly string[], input: string) {
  const child = spawn(process.execPath, [mainFile, 'products', ...args], { env: ordersEnv({ MYSQL_URL: url }) });
  t.teardown(async () => void child.kill('SIGKILL'));
  const [out, err] = [text(child.stdout), text(child.stderr)];
  child.stdin.end(input);
  const [code] = await once(child, 'exit');
  return { code: code as number, out: await out, err: await err };
}

test('an import reads the standard input, and an export writes the standard output', async (t) => {
  const { url, run } = await shop(t);
  const csv = `${header}\nmug,A mug,12.50,EUR,10,true,\n`;
  t.like(await pipe(t, url, ['import', '-'], csv), { code: 0 });
  t.like(await run('export'), { code: 0, out: csv });
  t.like(await pipe(t, url, ['import', '-'], ''), {
    code: 1,
    out: 'line 1: expected a header with the names of the columns\n1 problem in the input. Nothing of it was taken.\n',
  });
});

test('an import that is killed in between is run again, and goes on', async (t) => {
  const { pool, url, folder, file, run } = await shop(t);
  const lines = Array.from({ length: 5_000 }, (_, index) => `sku-${index},A,1.00,EUR,3,true,`);
  const csv = file('shop.csv', `${header}\n${lines.join('\n')}\n`);
  const child = spawn(process.execPath, [mainFile, 'products', 'import', csv], {
    env: ordersEnv({ MYSQL_URL: url, TMPDIR: folder }),
  });
  t.teardown(async () => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await until(
    'the first products',
    () => count(pool, 'products'),
    (products) => products > 0,
  );
  child.kill('SIGKILL');
  await ended;
  const written = await count(pool, 'products');
  t.is(written % 500, 0);
  t.deepEqual(readdirSync(folder), ['shop.csv'], 'the temporary file has no name');
  const { code, out } = await run('import', csv);
  t.is(code, 0);
  t.regex(out, new RegExp(`^5000 products: ${5_000 - written} created, 0 changed, ${written} unchanged\\.$`, 'm'));
  t.deepEqual(await rows(pool, 'SELECT COUNT(*) AS n, SUM(quantity) AS units FROM stock_changes'), [
    { n: 5_000, units: '15000' },
  ]);
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('of two imports at once one writes after the other, and their files are not mixed', async (t) => {
  const { pool, file, run } = await shop(t);
  const skus = Array.from({ length: 2_000 }, (_, index) => `sku-${index}`);
  const csvOf = (price: string, names: readonly string[]) =>
    file(`${price}.csv`, `${header}\n${names.map((sku) => `${sku},A,${price},EUR,3,true,`).join('\n')}`);
  const ran = await Promise.all(
    [csvOf('1.00', skus), csvOf('2.00', skus.toReversed())].map((path) => run('import', path, '--json')),
  );
  t.deepEqual(
    ran.map(({ code }) => code),
    [0, 0],
  );
  const summaries = ran.map(({ out }) => JSON.parse(out) as Record<string, number>);
  t.deepEqual(
    ['created', 'changed', 'unchanged'].map((outcome) => summaries.map((one) => one[outcome] ?? 0).toSorted()),
    [
      [0, 2_000],
      [0, 2_000],
      [0, 0],
    ],
  );
  t.is((await rows(pool, 'SELECT DISTINCT unit_price FROM products')).length, 1);
  t.deepEqual(await rows(pool, 'SELECT COUNT(*) AS n FROM stock_changes'), [{ n: 2_000 }]);
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('a count stores what lies on the shelf in the ledger, reserved units included, and a second run stores nothing', async (t) => {
  const { pool, file, run, catalogue } = await shop(t, [product(), product({ sku: 'lamp' }), product({ sku: 'pot' })]);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const csv = file(
    'shop.csv',
    `${header}\nmug,A mug,12.50,EUR,9,true,\nlamp,A mug,12.50,EUR,,true,\nnew,N,1,EUR,2,true,\npot,A mug,12.50,EUR,10,true,\n`,
  );
  const dry = await run('import', csv, '--count', '--dry-run');
  t.regex(dry.out, /^would count mug: stock 10 → 9$/m);
  const json = JSON.parse((await run('import', csv, '--count', '--dry-run', '--json')).out);
  t.deepEqual(json.changes[1], { sku: 'mug', outcome: 'counted', before: 10, after: 9 });
  t.is((await catalogue()).length, 3);
  t.deepEqual((await run('import', csv, '--count', '--by', 'ann')).out.split('\n'), [
    '4 products: 1 created, 0 changed, 3 unchanged.',
    'The stock of 1 product was counted anew.',
    '',
  ]);
  t.deepEqual(
    (await catalogue()).map(({ sku, stock }) => [sku, stock]),
    [
      ['lamp', 10],
      ['mug', 5],
      ['new', 2],
      ['pot', 10],
    ],
  );
  const ledger = () =>
    rows(pool, "SELECT sku, quantity, counted, changed_by AS who FROM stock_changes WHERE kind = 'counted'");
  t.deepEqual(await ledger(), [{ sku: 'mug', quantity: -1, counted: 9, who: 'ann' }]);
  t.is((await run('import', csv, '--count')).out, '4 products: 0 created, 0 changed, 4 unchanged.\n');
  t.is((await ledger()).length, 1);
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('a count below the units of open orders is named with both numbers, and nothing of the file is taken', async (t) => {
  const { pool, file, run, catalogue } = await shop(t, [product()]);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const before = await catalogue();
  const csv = file('shop.csv', `${header}\nnew,N,1,EUR,2,true,\nmug,B,12.50,EUR,3,true,\n`);
  for (const flags of [['--count'], ['--count', '--dry-run']]) {
    const { code, out } = await run('import', csv, ...flags);
    t.is(code, 1);
    t.regex(out, /^line 3, stock: expected at least the 4 units of open orders, not 3\n1 problem in /);
  }
  t.deepEqual(await catalogue(), before);
});

test('a count that an order makes impossible meanwhile is refused alone, with the numbers', async (t) => {
  const { pool } = await shop(t, [product(), product({ sku: 'lamp' })]);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const count = (line: number, sku: string) => ({ line, sku, before: 10, reserved: 0, counted: 3 });
  const problems = await storeCounts(
    createStockChanges(pool),
    [count(2, 'mug'), count(3, 'lamp'), count(4, 'x')],
    'ann',
  );
  t.deepEqual(problems.map(inWords), [
    'line 2, stock: not counted: 6 units are available and 4 reserved now',
    'line 4, stock: not counted: the product is gone now',
  ]);
  t.deepEqual(await rows(pool, 'SELECT sku, available FROM products ORDER BY sku'), [
    { sku: 'lamp', available: 3 },
    { sku: 'mug', available: 6 },
  ]);
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('an import during a sale changes no placed order', async (t) => {
  const { pool, file, run, catalogue } = await shop(t, [product()]);
  await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  await run('import', file('shop.csv', `${header}\nmug,A mug,20.00,EUR,10,true,\n`));
  t.like(await catalogue(), [{ price: 2000, stock: 6 }]);
  t.like(await rows(pool, 'SELECT amount FROM checkouts'), [{ amount: 5000 }]);
  t.is((await run('export')).out, `${header}\nmug,A mug,20.00,EUR,10,true,\n`, 'the stock is what lies on the shelf');
  t.deepEqual(await auditDatabase(pool, 15), []);
});

test('an export to a file replaces the file when it is complete, and sorts by SKU', async (t) => {
  const { folder, pool, file, run } = await shop(
    t,
    ['b', 'ö', 'a', 'Z', '鞋'].map((sku) => product({ sku })),
  );
  const csv = file('shop.csv', 'old');
  t.like(await run('export', csv), { code: 0, out: `5 products in ${csv}.\n` });
  const lines = readFileSync(csv, 'utf8').split('\n');
  t.deepEqual(
    lines.map((line) => line.split(',')[0]),
    ['sku', 'Z', 'a', 'b', 'ö', '鞋', ''],
  );
  await pool.query("UPDATE products SET currency = 'ABC' WHERE sku = 'b'");
  const { code, err } = await run('export', csv);
  t.deepEqual([code, err], [1, 'The price of b is in ABC, which is no currency of ISO 4217.\n']);
  t.deepEqual(readFileSync(csv, 'utf8').split('\n'), lines);
  t.deepEqual(readdirSync(folder), ['shop.csv']);
  t.false(existsSync(`${csv}.incomplete`));
});

test('the pages of an export are from one moment', async (t) => {
  const { pool } = await shop(
    t,
    ['a', 'b', 'c', 'd'].map((sku) => product({ sku })),
  );
  const pages: string[][] = [];
  for await (const page of allProducts(pool, 2)) {
    pages.push(page.map(({ sku, unitPrice }) => `${sku} ${unitPrice}`));
    const change = { name: 'B', unitPrice: 1, currency: 'EUR' };
    await saveProducts(
      pool,
      ['a', 'bb', 'd', 'e'].map((sku) => ({ sku, ...change })),
      { by: 'ann' },
    );
  }
  t.deepEqual(pages, [
    ['a 1250', 'b 1250'],
    ['c 1250', 'd 1250'],
  ]);
});

/** Names with everything that a CSV file may confuse. */
const name = fc
  .array(
    fc.constantFrom(
      '"',
      ',',
      ';',
      '\t',
      '\n',
      '\r\n',
      '\r',
      ' ',
      '=1+1',
      "'",
      '@',
      '-',
      '\ufeff',
      'ö',
      '鞋',
      '🧦',
      '\u2028',
      '\\',
      'a',
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text.trim() !== '');
const sku = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((text) => toSku(text))
  .filter((text) => text !== undefined);
const stocked = fc.record({
  sku,
  name,
  unitPrice: fc.oneof(fc.maxSafeNat(), fc.nat(2_000)),
  currency: fc.constantFrom('EUR', 'JPY', 'KWD', 'UYW'),
  openingStock: fc.oneof(fc.nat(5), fc.constant(1_000_000_000)),
  active: fc.boolean(),
  maxPerOrder: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
});

test('what an export writes is imported as the same catalogue', async (t) => {
  const one = await shop(t);
  const two = await shop(t);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(stocked, { selector: (it) => it.sku, minLength: 1, maxLength: 40 }),
      async (products) => {
        for (const { pool } of [one, two]) await pool.query('DELETE FROM products');
        await saveProducts(one.pool, products, { by: 'ann' });
        const csv = one.file('shop.csv');
        t.is((await one.run('export', csv)).code, 0);
        const { code, out } = await two.run('import', csv);
        t.is(code, 0, out);
        t.deepEqual(await two.catalogue(), await one.catalogue());
        const again = await one.run('import', csv, '--count');
        t.regex(again.out, new RegExp(`: 0 created, 0 changed, ${products.length} unchanged`));
      },
    ),
    { numRuns: 10 },
  );
});

test('the lines of docs/shop.md that set up a shop print what the page says', async (t) => {
  const { file, run } = await shop(t);
  const page = read('docs/shop.md');
  const [, csv = ''] = /cat > \/tmp\/shop\.csv <<'END'\n([\s\S]*?\n)END\n/.exec(page) ?? [];
  const [, printed = ''] = /The dry run prints:\n\n```\n([\s\S]*?\n)```/.exec(page) ?? [];
  t.true(csv !== '' && printed !== '');
  const path = file('shop.csv', csv);
  t.like(await run('import', path, '--dry-run'), { code: 0, out: printed });
  t.is((await run('import', path)).code, 0);
  t.deepEqual((await run('export')).out.split('\n').toSorted(), csv.split('\n').toSorted());
});
