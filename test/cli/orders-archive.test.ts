import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { v7 as uuid } from 'uuid';
import { until } from '../../src/cli/story/until.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { rowsUrl } from '../../src/stack/mysql-account.js';
import { deliverEverything } from '../helpers/archive.js';
import { count, placeOrder, product, shopDatabase } from '../helpers/database.js';
import { paidOrder } from '../helpers/refunds.js';
import { mainFile, orders, ordersEnv } from './orders.js';

/** `orders archive` as an operator runs it. */

const DAY_MS = 24 * 60 * 60_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

/** A shop whose orders ended thirty days ago, one paid and the others canceled. */
async function oldShop(t: ExecutionContext, closed = 3) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 10_000 })]);
  const old = () => ({ orderId: uuid({ msecs: Date.now() - 30 * DAY_MS }) });
  const { orderId } = await paidOrder(pool, old());
  for (let at = 1; at < closed; at++) {
    const canceled = await placeOrder(pool, old());
    await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  }
  await pool.query('UPDATE orders SET settled_at = settled_at - INTERVAL 30 DAY');
  await deliverEverything(pool);
  // With the rights of the processes (docs/running.md), which do not change the schema.
  const run = (...args: string[]) => orders(args, { MYSQL_URL: rowsUrl(url) });
  return { pool, url, orderId, run };
}

test('orders archive moves old closed orders once, after a dry run that changes nothing', async (t) => {
  const { pool, run, orderId } = await oldShop(t);
  const dry = await run('archive', '--before', daysAgo(10), '--dry-run');
  t.is(dry.code, 0, dry.err);
  t.regex(dry.out, /^A dry run: nothing was changed\.\n3 orders would be archived, ended before .*\n$/);
  t.is(await count(pool, 'checkouts'), 3);
  t.regex((await run('archive', '--before', daysAgo(40).slice(0, 10))).out, /^0 orders archived/);
  await pool.query('UPDATE orders SET report_due = 1 WHERE order_id = ?', [orderId]);
  const done = await run('archive', '--before', daysAgo(10));
  t.regex(done.out, /^2 orders archived.*\n1 order stays: the report of its end to Temporal is due\.\n$/);
  await pool.query('UPDATE orders SET report_due = NULL');
  const json = JSON.parse((await run('archive', '--before', daysAgo(10), '--json')).out) as object;
  t.like(json, { archived: 1, dryRun: false, stay: {} });
  t.regex((await run('archive', '--before', daysAgo(10))).out, /^0 orders archived/);
  t.deepEqual([await count(pool, 'checkouts'), await count(pool, 'archived_checkouts')], [0, 3]);
  t.regex((await run('show', orderId)).out, /archived: +yes/);
  t.is((await run('list')).out, '0 orders.\n');
  t.regex((await run('list', '--archived')).out, /3 orders\.\n$/);
});

test('orders archive --restore brings an order back', async (t) => {
  const { pool, run, orderId } = await oldShop(t);
  await run('archive', '--before', daysAgo(10));
  t.regex((await run('archive', '--restore', orderId, '--dry-run')).out, /would be brought back/);
  t.is(await count(pool, 'orders'), 0);
  const restored = await run('archive', '--restore', orderId);
  t.deepEqual([restored.code, restored.out], [0, `order ${orderId} is brought back from the archive.\n`]);
  t.is(await count(pool, 'orders'), 1);
  const again = await run('archive', '--restore', orderId, '--json');
  t.deepEqual([again.code, JSON.parse(again.out)], [1, { orderId, dryRun: false, restored: false }]);
});

test('orders archive refuses options that it cannot follow', async (t) => {
  const { pool, run, orderId } = await oldShop(t, 1);
  for (const [args, expected] of [
    [[], /expected either --before <time> or --restore <id>/],
    [['--before', daysAgo(10), '--restore', orderId], /expected either/],
    [['--before', daysAgo(6)], /Expected a time at least 7 days ago/],
    [['--before', '2026-02-30'], /expected a time/],
    [['--before', 'yesterday'], /expected a time with its zone/],
    [['--restore', 'x'], /Expected the id of an order/],
  ] as const) {
    const { code, err } = await run('archive', ...args);
    t.is(code, 1, args.join(' '));
    t.regex(err, expected);
  }
  t.is(await count(pool, 'archived_orders'), 0);
});

test('of two commands that are killed and a third one, each order is archived once', async (t) => {
  const { pool, url, run } = await oldShop(t, 400);
  const args = [mainFile, 'archive', '--before', daysAgo(10)];
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const before = await count(pool, 'archived_orders');
    const child = spawn(process.execPath, args, { env: ordersEnv({ MYSQL_URL: url }), stdio: 'ignore' });
    const ended = once(child, 'exit');
    await until(
      'the command to archive some orders',
      () => count(pool, 'archived_orders'),
      (archived) => archived > before || child.exitCode !== null,
    );
    child.kill(signal);
    await ended;
    t.is((await count(pool, 'orders')) + (await count(pool, 'archived_orders')), 400);
    t.deepEqual(await auditDatabase(pool, 30, { ofArchive: 'all' }), []);
  }
  const rest = await Promise.all([run('archive', '--before', daysAgo(10)), run('archive', '--before', daysAgo(10))]);
  for (const { code, err } of rest) t.is(code, 0, err);
  await run('archive', '--before', daysAgo(10));
  t.deepEqual([await count(pool, 'orders'), await count(pool, 'archived_orders')], [0, 400]);
  t.deepEqual(await auditDatabase(pool, 30, { ofArchive: 'all' }), []);
});
