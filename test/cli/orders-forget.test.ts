import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { ORDER_CREATE_DLQ } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { deliverEverything } from '../helpers/archive.js';
import { createBroker } from '../helpers/broker.js';
import { count, placeOrder, product, rows, shopDatabase } from '../helpers/database.js';
import { newMarker, personalRequest } from '../helpers/personal.js';
import { temporal } from '../helpers/servers.js';
import { columnsWith } from '../helpers/whole-database.js';
import { mainFile, orders, ordersEnv } from './orders.js';

/** `orders forget` as an operator runs it. */

async function shopOf(t: ExecutionContext, userId: string, closed: number) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 10_000 })]);
  for (let at = 0; at < closed; at++) {
    const { orderId } = await placeOrder(pool, personalRequest(userId, userId));
    await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  }
  await deliverEverything(pool);
  const broker = await createBroker(t, 'quorum');
  const env = {
    MYSQL_URL: url,
    AMQP_URL: broker.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
  };
  return { pool, broker, env, run: (...args: string[]) => orders(['forget', ...args], env) };
}

test('orders forget refuses options that it cannot follow, and changes nothing without a confirmation', async (t) => {
  const marker = newMarker();
  const { pool, run } = await shopOf(t, marker, 1);
  for (const [args, expected] of [
    [[], /expected either --customer <id>, or --order <id> for single orders, as those of a guest/],
    [['--customer', '7', '--order', '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10'], /expected either/],
    [['--customer', ''], /'--customer <id>' argument '' is invalid.*the orders of a guest have no such id/],
    [['--customer', 'x'.repeat(65)], /'--customer <id>' argument .* is invalid/],
    [['--order', 'x'], /Expected the id of an order/],
    [['--customer', marker], new RegExp(`To forget the personal data in 1 order of customer ${marker}, add --yes`)],
  ] as const) {
    const { code, err } = await run(...args);
    t.is(code, 1, args.join(' '));
    t.regex(err, expected);
  }
  t.is(await count(pool, 'forgotten_orders'), 0);
  const unknown = await run('--order', '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', '--yes');
  t.is(unknown.code, 1);
  t.regex(unknown.out, /^0 orders forgotten\.\n1 order stays: there is no such order\.\n/);
  t.true((await columnsWith(pool, [marker])).includes('checkouts.customer'));
});

test('orders forget removes the dead letters of forgotten orders, also by an id in capitals, and leaves what names no order', async (t) => {
  const marker = newMarker();
  const { pool, broker, run } = await shopOf(t, marker, 1);
  const [order] = await rows(pool, 'SELECT order_id AS id FROM orders');
  const named = [String(order?.['id']), String(order?.['id']).toUpperCase()];
  const unnamed = ['Bestellung-ü', '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', "it's", 7, null];
  for (const [at, orderId] of [...unnamed, ...named].entries())
    await broker.send(ORDER_CREATE_DLQ, JSON.stringify({ order_id: orderId }), { messageId: `letter ${at}` });
  for (const body of ['null', '[', '{}']) await broker.send(ORDER_CREATE_DLQ, body, { messageId: body });
  const { code, out, err } = await run('--customer', marker, '--yes');
  t.is(code, 0, out + err);
  await until(
    'the other letters to be back in their queue',
    () => broker.ready(ORDER_CREATE_DLQ),
    (ready) => ready === unnamed.length + 3,
  );
  t.deepEqual(await rows(pool, 'SELECT 1 FROM forgotten_orders WHERE workflows_due = 1'), []);
});

test('of two commands that are killed and two at once, each order is forgotten, and nothing else changes', async (t) => {
  const marker = newMarker();
  const { pool, env, run } = await shopOf(t, marker, 350);
  const other = await placeOrder(pool, personalRequest('another', newMarker()));
  const args = [mainFile, 'forget', '--customer', marker, '--yes'];
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const before = await count(pool, 'forgotten_orders');
    const child = spawn(process.execPath, args, { env: ordersEnv(env), stdio: 'ignore' });
    const ended = once(child, 'exit');
    await until(
      'the command to forget some orders',
      () => count(pool, 'forgotten_orders'),
      (forgotten) => forgotten > before || child.exitCode !== null,
    );
    child.kill(signal);
    await ended;
    t.deepEqual(await auditDatabase(pool, 30), []);
  }
  const both = () => Promise.all([run('--customer', marker, '--yes'), run('--customer', marker, '--yes')]);
  // Each leaves to the other what the other holds.
  await until('both commands to find nothing left', both, (done) => done.every(({ code }) => code === 0));
  t.deepEqual(await columnsWith(pool, [marker]), []);
  t.is(await count(pool, 'forgotten_orders'), 350);
  t.deepEqual(await rows(pool, 'SELECT 1 FROM forgotten_orders WHERE workflows_due = 1'), []);
  t.is(
    (await rows(pool, 'SELECT 1 FROM checkouts WHERE order_id = ? AND metadata IS NOT NULL', [other.orderId])).length,
    1,
  );
  t.deepEqual(await auditDatabase(pool, 30), []);
});
