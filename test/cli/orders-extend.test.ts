import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createExtend } from '../../src/cli/orders-extend.js';
import { changeInBulk } from '../../src/cli/orders-in-bulk.js';
import { until } from '../../src/cli/story/until.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { unavailable } from '../../src/domain/errors.js';
import { payFor } from '../db/payment-events.js';
import { placeOrder, product, rows, shopDatabase, WINDOW_MS } from '../helpers/database.js';
import { orders } from './orders.js';

/** `orders extend` as an operator runs it. */

const DAY = 24 * 60 * 60_000;

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 5_000 })]);
  const run = (...args: string[]) => orders(['extend', ...args], { MYSQL_URL: url });
  /** By how many milliseconds the deadlines are later than at the checkout, in the order of the checkouts. */
  const moved = async () =>
    (
      await rows(
        pool,
        `SELECT TIMESTAMPDIFF(MICROSECOND, created_at, expires_at) / 1000 - ? AS ms FROM checkouts ORDER BY order_id`,
        [WINDOW_MS],
      )
    ).map(({ ms }) => Number(ms));
  return { pool, run, moved };
}

const quiet = { json: false, dryRun: false, yes: true, ask: undefined, toStderr: () => undefined };

test('orders extend moves each order that it can to one moment, names each other order, and then exits 1', async (t) => {
  const { pool, run } = await shop(t);
  const [open, paid, gone] = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  await settleOrder(pool, paid.orderId, { kind: 'payment', paymentId: await payFor(pool, paid) });
  await settleOrder(pool, gone.orderId, { kind: 'cancel', reason: 'customer-request' });
  const unknown = randomUUID();
  const to = new Date(Date.now() + 2 * DAY).toISOString();
  const ids = [open.orderId, paid.orderId, gone.orderId, unknown];
  const preview = await run('--to', to, '--dry-run', ...ids);
  t.regex(preview.out, new RegExp(`order ${open.orderId}: would be extended`));
  t.deepEqual(await rows(pool, "SELECT 1 FROM events WHERE type = 'order.extended'"), []);
  const { code, out } = await run('--to', to, ...ids);
  t.is(code, 1);
  t.true(out.includes(`order ${paid.orderId}: refused, it is paid`));
  t.true(out.includes(`order ${gone.orderId}: refused, it is canceled already: customer-request`));
  t.true(out.includes(`order ${unknown}: refused, there is no such order`));
  t.regex(out, /\n1 order extended, 3 refused\.\n$/);
  const again = await run('--to', to, open.orderId);
  t.deepEqual(
    [again.code, again.out],
    [0, `order ${open.orderId}: skipped, it has this deadline already\n0 orders extended, 1 skipped.\n`],
  );
  t.is((await rows(pool, "SELECT 1 FROM events WHERE type = 'order.extended'")).length, 1);
});

test('orders extend of a selection lists first, needs --yes, and leaves the other orders', async (t) => {
  const { pool, run, moved } = await shop(t);
  for (const userId of [7, 7, 8]) await placeOrder(pool, { userId });
  const preview = await run('--customer', '7', '--by', '2 days', '--dry-run');
  t.is(preview.code, 0, preview.err);
  t.regex(preview.out, /\n2 orders would be extended, of 25\.00 EUR in all\. Nothing was changed\.\n$/);
  const unsure = await run('--customer', '7', '--by', '2 days');
  t.regex(unsure.err, /To extend 2 open orders, add --yes/);
  t.deepEqual(await moved(), [0, 0, 0]);
  const done = await run('--customer', '7', '--by', '2 days', '--yes', '--json');
  t.deepEqual([done.code, JSON.parse(done.out)], [0, { extended: 2, skipped: 0, refused: [] }]);
  t.deepEqual(await moved(), [2 * DAY, 2 * DAY, 0]);
  t.is((await run('--customer', '7', '--by', '2 days', '--yes')).out, '2 orders extended.\n');
  t.deepEqual(await moved(), [4 * DAY, 4 * DAY, 0], 'a command that has ended may be meant again');
});

test('a dry run says which deadlines would move to when, and which orders would be refused and why', async (t) => {
  const { pool, run, moved } = await shop(t);
  const usual = await placeOrder(pool, { userId: 7 });
  const long = await placeOrder(pool, { userId: 7, windowMs: 29 * DAY });
  const at = (order: { readonly expiresAt: Date }, ms: number) =>
    new Date(order.expiresAt.getTime() + ms).toISOString();
  const moves = `its deadline ${at(usual, 0)} becomes ${at(usual, 2 * DAY)}`;
  for (const [args, place] of [
    [['--customer', '7'], '    '],
    [[usual.orderId, long.orderId], `order ${usual.orderId}: would be extended, `],
  ] as const) {
    const preview = await run(...args, '--by', '2 days', '--dry-run');
    t.is(preview.code, 1, 'an order would be refused');
    t.true(preview.out.includes(`${place}${moves}`), preview.out);
    t.regex(preview.out, /refused.*its deadline can be .* at the latest: MAX_PAYMENT_WINDOW after its checkout/);
    const json = JSON.parse((await run(...args, '--by', '2 days', '--dry-run', '--json')).out);
    t.like(json, { dryRun: true, count: 1, orders: [usual.orderId], refused: [{ orderId: long.orderId }] });
  }
  t.is((await run('--customer', '7', '--to', '2020-01-01T00:00:00Z', '--dry-run')).code, 1);
  t.deepEqual(await moved(), [0, 29 * DAY - WINDOW_MS]);
});

test('orders extend --by that was interrupted goes on when it runs again, and extends no order twice', async (t) => {
  const { pool, moved } = await shop(t);
  for (let n = 0; n < 30; n++) await placeOrder(pool, { userId: 7 });
  const selected = { filters: { customer: 7 } };
  const said: string[] = [];
  const once = async (most: number) => {
    const extending = createExtend(pool, {
      ...{ selected, where: { laterByMs: DAY }, mostMs: 30 * DAY },
      toStderr: (line) => void said.push(line),
    });
    let calls = 0;
    const change = {
      ...extending.change,
      change: (orderId: string) => {
        if (++calls > most) throw unavailable('the database', new Error('away'));
        return extending.change.change(orderId);
      },
    };
    const done = await changeInBulk(pool, selected, change, { ...quiet, say: (line) => void said.push(line) });
    await extending.end();
    return done;
  };
  await t.throwsAsync(once(10), { message: /Run the same command again/ });
  const some = await until('the orders under way', moved, (all) => all.includes(DAY));
  t.true(some.includes(0), String(some));
  t.true(await once(100));
  t.deepEqual(
    await moved(),
    Array.from({ length: 30 }, () => DAY),
  );
  t.regex(String(said.find((line) => line.startsWith('Going on'))), /which was interrupted\.$/);
});

test('two commands at once extend each order once', async (t) => {
  const { pool, run, moved } = await shop(t);
  for (let n = 0; n < 50; n++) await placeOrder(pool, { userId: 7 });
  // An order that is refused keeps the run open, so that the second command joins it whenever it begins.
  const near = await placeOrder(pool, { userId: 7, windowMs: 29.9 * DAY });
  const both = await Promise.all([1, 2].map(() => run('--customer', '7', '--by', '1 day', '--yes')));
  t.deepEqual(
    both.map(({ code }) => code),
    [1, 1],
  );
  t.true(both[0]?.out.includes(`order ${near.orderId}: refused, its deadline can be`));
  t.deepEqual(
    (await moved()).slice(0, 50),
    Array.from({ length: 50 }, () => DAY),
  );
});

const wrong: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [['--to', '2126-01-01T00:00:00Z'], /expected ids of orders, or a selection/],
  [['--sku', 'mug'], /either --to <time> or --by <duration>/],
  [['--sku', 'mug', '--to', '2126-01-01T00:00:00Z', '--by', '1 day'], /either --to/],
  [['--sku', 'mug', '--to', 'tomorrow'], /'--to <time>'.*2026-03-01T10:00:00Z/],
  [['--sku', 'mug', '--to', '2020-01-01T00:00:00Z'], /'--to <time>'.*not past/],
  [['--sku', 'mug', '--by', '30'], /'--by <duration>'.*with its unit/],
  [['--sku', 'mug', '--by=-1 day'], /'--by <duration>'.*positive/],
  [['--sku', 'mug', '--by', '400 days'], /'--by <duration>'/],
  [['--status', 'paid', '--sku', 'mug', '--by', '1 day'], /only open orders/],
];

test('a wrong option is named with what was expected, and nothing is changed', async (t) => {
  const { pool, run, moved } = await shop(t);
  await placeOrder(pool);
  for (const [args, expected] of wrong) {
    const { code, err } = await run(...args, '--yes');
    t.is(code, 1, args.join(' '));
    t.regex(err, expected);
  }
  const far = await run('--sku', 'mug', '--to', '2126-01-01T00:00:00Z', '--yes');
  t.is(far.code, 1);
  t.regex(far.out, /can be .* at the latest: MAX_PAYMENT_WINDOW after its checkout/);
  t.deepEqual(await moved(), [0]);
});
