import test, { type ExecutionContext } from 'ava';
import { placeOrder, product, shopDatabase, stockOf } from '../helpers/database.js';
import { orders } from './orders.js';

/** `orders stock` as an operator runs it. */

async function shelf(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ sku: 'T-SHIRT/RED L' })]);
  const stock = (...args: string[]) => orders(['stock', ...args], { MYSQL_URL: url });
  return { pool, stock, available: async () => (await stockOf(pool, 'T-SHIRT/RED L')).available };
}
const SKU = 'T-SHIRT/RED L';

test('units come, go, and are corrected, and the history tells each change', async (t) => {
  const { stock, available } = await shelf(t);
  const received = await stock('receive', SKU, '5', '--reason', 'delivery', '--reference', 'PO 7', '--by', 'ada');
  t.regex(received.out, /received \+5, then 15 available, 0 reserved; by ada: delivery, reference PO 7\n$/);
  t.is((await stock('lose', SKU, '2')).code, 0);
  t.is((await stock('correct', SKU, '-3')).code, 0);
  t.is((await stock('correct', SKU, '+1')).code, 0);
  t.is((await stock('return', SKU, '1')).code, 0);
  t.is(await available(), 12);
  t.regex((await stock('count', SKU, '20')).out, /counted \+8 \(20 on the shelf\), then 20 available/);
  const { out } = await stock('history', SKU);
  t.deepEqual(
    [...out.matchAll(/Z {2}(\w+) /g)].map(([, kind]) => kind),
    ['counted', 'returned', 'corrected', 'corrected', 'lost', 'received', 'opening'],
  );
  t.regex(out, /^7 changes\.$/m);
});

test('a command prints a key before it changes anything, and with this key changes nothing again', async (t) => {
  const { stock, available } = await shelf(t);
  const { err } = await stock('receive', SKU, '5', '--by', 'ada');
  const [, key = ''] = /--key (\S+)/.exec(err) ?? [];
  const again = await stock('receive', SKU, '5', '--by', 'ada', '--key', key, '--json');
  t.like(JSON.parse(again.out), { kind: 'changed', replayed: true, idempotencyKey: key, change: { available: 15 } });
  const other = await stock('receive', SKU, '6', '--by', 'ada', '--key', key);
  t.deepEqual([other.code, other.out], [1, 'not changed: this key was used for another change. Use a new key.\n']);
  t.is(await available(), 15);
});

test('a count below the reserved units names the orders, and cancels them only by its own option', async (t) => {
  const { pool, stock } = await shelf(t);
  const { orderId } = await placeOrder(pool, { lines: [{ sku: SKU, quantity: 4 }] });
  const refused = await stock('count', SKU, '3');
  t.is(refused.code, 1);
  t.regex(refused.out, /has 6 available and 4 reserved, and 3 was asked for\. 1 open order could no longer be met:/);
  t.regex(refused.out, new RegExp(`${orderId}\\n.*--cancel-newest-orders`));
  const rehearsed = await stock('count', SKU, '3', '--cancel-newest-orders', '--dry-run');
  t.regex(rehearsed.out, new RegExp(`nothing was changed[\\s\\S]*1 order canceled[\\s\\S]*${orderId}`));
  t.deepEqual(await stockOf(pool, SKU), { available: 6, reserved: 4, sold: 0 });
  t.is((await stock('count', SKU, '3', '--cancel-newest-orders')).code, 0);
  t.deepEqual(await stockOf(pool, SKU), { available: 3, reserved: 0, sold: 0 });
});

test('what is no SKU, no quantity and no known product is refused, and changes nothing', async (t) => {
  const { stock, available } = await shelf(t);
  for (const [pattern, ...args] of [
    [/Expected a SKU/, 'receive', ' ', '1'],
    [/Expected a whole number from 1/, 'receive', SKU, '0'],
    [/Expected a whole number from 1/, 'lose', SKU, '1.5'],
    [/Expected a whole number that is not 0/, 'correct', SKU, '0'],
    [/--key expects/, 'receive', SKU, '1', '--key', 'größe'],
    [/--reason expects/, 'receive', SKU, '1', '--reason', ' '],
    [/unknown option/, 'receive', SKU, '1', '--cancel-newest-orders'],
  ] as const) {
    const { code, err } = await stock(...args);
    t.is(code, 1, args.join(' '));
    t.regex(err, pattern);
  }
  t.like(await stock('receive', 'lamp', '1'), {
    code: 1,
    out: 'not changed: There is no product with the SKU lamp.\n',
  });
  t.like(await stock('history', 'lamp'), { code: 1, out: 'There is no product with the SKU lamp.\n' });
  t.is(await available(), 10);
});
