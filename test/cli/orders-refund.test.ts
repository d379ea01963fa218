import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import { count, placeOrder, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { paidOrder, refundOf } from '../helpers/refunds.js';
import { orders } from './orders.js';

/** `orders refund` as an operator runs it, and the commands that show and finish a refund. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const run = (...args: string[]) => orders(args, { MYSQL_URL: url });
  return { pool, run, refund: (...args: string[]) => run('refund', ...args) };
}

const two = { lines: [{ sku: 'mug', quantity: 2 }] };

test('orders refund sends lines back once for a key, after a dry run that changes nothing', async (t) => {
  const { pool, run, refund } = await shop(t);
  const { orderId, paymentId } = await paidOrder(pool, two);
  const asked = [orderId.toUpperCase(), '--line', 'mug=1', '--restock', '--reason', 'broken', '--by', 'ada'];
  const dry = await refund(...asked, '--dry-run');
  t.is(dry.code, 0);
  t.regex(
    dry.out,
    /^A dry run: nothing was changed\.\n.*required {2}12\.50 EUR, 1 × mug back on the shelf, .* by ada: broken\n$/,
  );
  t.deepEqual([await count(pool, 'order_refunds'), (await stockOf(pool)).available], [0, 8]);
  const done = await refund(...asked, '--key', 'one');
  t.is(done.code, 0);
  t.regex(done.out, /required {2}12\.50 EUR.*\nA running bridge and worker send the money back\.\n$/);
  const again = await refund(...asked, '--key', 'one');
  t.regex(again.out, /^This key was used before: nothing changed now\.\n/);
  t.deepEqual([await count(pool, 'order_refunds'), (await stockOf(pool)).available], [1, 9]);
  const json = JSON.parse((await refund(orderId, '--all', '--json', '--key', 'two')).out) as Record<string, unknown>;
  t.like(json, { idempotencyKey: 'two', dryRun: false, kind: 'refund', replayed: false });
  t.like(json['refund'], { amount: 1_250, lines: [{ sku: 'mug', quantity: 1 }], restock: false });
  for (const shown of [await run('show', orderId), await run('payments', 'show', paymentId)]) {
    t.is(shown.out.match(/required {2}12\.50 EUR, 1 × mug/g)?.length, 2);
  }
});

test('orders refund prints a new key first, which repeats the command', async (t) => {
  const { pool, refund } = await shop(t);
  const { orderId } = await paidOrder(pool);
  const { code, err } = await refund(orderId, '--amount', '5');
  t.is(code, 0);
  const [, key = ''] = /--key (\S+)/.exec(err) ?? [];
  await refund(orderId, '--amount', '5', '--key', key);
  t.is(await count(pool, 'order_refunds'), 1);
});

test('orders refund that is refused exits 1 with the numbers', async (t) => {
  const { pool, refund } = await shop(t);
  const [paid, placed] = [await paidOrder(pool, two), await placeOrder(pool)];
  const unknown = randomUUID();
  for (const [args, expected] of [
    [[paid.orderId, '--amount', '2501'], /2501 was asked for, and 2500 are left of the 2500 that were paid/],
    [[paid.orderId, '--line', 'mug=2', '--line', 'mug=1'], /3 of mug were asked for, and 2 are left/],
    [[paid.orderId, '--line', 'lamp=1'], /has no lamp/],
    [[placed.orderId, '--all'], /is placed, and only a paid order/],
    [[unknown, '--all'], new RegExp(`there is no order ${unknown}`)],
    [[paid.orderId], /expected what goes back: --amount, --line or --all/],
    [[paid.orderId, '--all', '--amount', '1'], /'--all': expected neither --amount nor --line/],
    [[paid.orderId, '--amount', '1', '--restock'], /'--restock': expected only with --line or --all/],
    [[paid.orderId, '--amount', '0', '--line', 'mug=1'], /'--amount <number>': expected more than 0/],
    [[paid.orderId, '--line', 'mug'], /Expected SKU=QUANTITY, such as mug-red=1/],
  ] as const) {
    const { code, out, err } = await refund(...args);
    t.is(code, 1, args.join(' '));
    t.regex(out + err, expected);
  }
  t.is(await count(pool, 'order_refunds'), 0);
});

test('a refund that failed is tried again or closed by its id, and the payment shows who did it', async (t) => {
  const { pool, run } = await shop(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  const early = await run('payments', 'refund', refundId);
  t.deepEqual([early.code, early.out.includes('is required')], [1, true]);
  await markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'the charge is disputed');
  const retried = await run('payments', 'refund', refundId, '--by', 'ann', '--note', 'asked by mail');
  t.deepEqual(
    [retried.code, retried.out],
    [0, `refund ${refundId} is marked for refund. A running bridge and worker send it back.\n`],
  );
  const closed = await run('payments', 'close', refundId, '--by', 'bob', '--note', 'in cash');
  t.deepEqual([closed.code, closed.out], [0, `refund ${refundId} is closed. No money was moved by this.\n`]);
  t.deepEqual(await rows(pool, 'SELECT state, attempt FROM order_refunds'), [{ state: 'closed', attempt: 1 }]);
  const { out } = await run('payments', 'show', paymentId);
  t.regex(out, new RegExp(`refund of refund ${refundId} by ann, was failed: asked by mail`));
  t.regex(out, new RegExp(`close of refund ${refundId} by bob, was required: in cash`));
});
