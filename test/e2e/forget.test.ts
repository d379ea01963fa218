import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import { ORDER_CREATE_DLQ } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import { rowsUrl } from '../../src/stack/mysql-account.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { mainFile, orders, ordersEnv } from '../cli/orders.js';
import { deadLetters } from '../faults/reads.js';
import { buyAsBackend, type CheckoutAnswer } from '../helpers/backend.js';
import { count, rows } from '../helpers/database.js';
import { asOperator } from '../helpers/operator.js';
import { charge, untilStatus } from '../helpers/payments.js';
import { newMarker } from '../helpers/personal.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { columnsWith } from '../helpers/whole-database.js';
import { wholeTemporal } from '../helpers/whole-temporal.js';

/** `orders forget` on a running shop: MySQL, RabbitMQ and Temporal, with the account of the processes. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  t.context.system = await startSystem([product('mug', 1_000)]);
});

test.after.always(async (t) => {
  const { findings, open } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

const paid = { status: 'paid', movement: 'sold' } as const;
const canceled = { status: 'canceled', movement: 'released' } as const;

const envOf = ({ mysqlUrl, amqpUrl, temporal }: System): NodeJS.ProcessEnv => ({
  MYSQL_URL: rowsUrl(mysqlUrl),
  AMQP_URL: amqpUrl,
  TEMPORAL_ADDRESS: process.env['TEST_TEMPORAL_ADDRESS'],
  TEMPORAL_NAMESPACE: temporal.options.namespace,
});

async function buy({ shopUrl }: System, userId: string | undefined, marker: string) {
  const key = `${marker}-${crypto.randomUUID()}`;
  const body = {
    ...(userId !== undefined && { userId }),
    items: [{ sku: 'mug', quantity: 1 }],
    reference: `${marker}-${crypto.randomUUID().slice(0, 8)}`,
    metadata: { email: `${marker}@example.com` },
    adjustments: [{ kind: 'shipping', label: `to ${marker}`, amount: 400 }],
  };
  const answer = await buyAsBackend(shopUrl, body, key);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer));
  return { key, body, placed: answer.body };
}

const cancel = ({ shopUrl }: System, { orderId, readToken }: CheckoutAnswer) =>
  fetch(`${shopUrl}/orders/${orderId}/cancel`, { method: 'POST', headers: { authorization: `Bearer ${readToken}` } });

/** An order that was paid and partly refunded, and a canceled order whose late payment went back. */
async function liveLife(system: System, userId: string | undefined, marker: string) {
  const [first, second] = [await buy(system, userId, marker), await buy(system, userId, marker)];
  await charge(system, first.placed);
  await system.observer.ended(first.placed.orderId, paid);
  const body = { amount: 100, reason: `asked by ${marker}`, by: 'ada' };
  await asOperator(system.adminUrl)('POST', `/orders/${first.placed.orderId}/refunds`, body);
  await cancel(system, second.placed);
  await system.observer.ended(second.placed.orderId, canceled);
  await untilStatus(system, await charge(system, second.placed), 'refunded');
  await until(
    'the refund to be made',
    () => rows(system.pool, "SELECT 1 FROM order_refunds WHERE state = 'required'"),
    ({ length }) => length === 0,
  );
  const bought = [first, second];
  return { bought, traces: [marker, ...bought.map(({ placed }) => placed.readToken)] };
}

/** The workflows of this shop that have one of the texts. */
async function workflowsWith({ temporal, taskQueue }: System, texts: readonly string[]): Promise<string[]> {
  const found = await wholeTemporal(temporal, `TaskQueue = '${taskQueue}'`);
  return [...found].flatMap(([id, all]) => (texts.some((text) => all.includes(text)) ? [id] : [])).sort();
}

async function park({ amqpUrl }: System, orderId: string, userId: string): Promise<void> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createConfirmChannel();
  const body = JSON.stringify({ order_id: orderId, user_id: userId });
  channel.sendToQueue(ORDER_CREATE_DLQ, Buffer.from(body), { messageId: orderId, persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

for (const kind of ['customer', 'guest'] as const) {
  test.serial(`no table, no workflow and no dead letter has a trace of a ${kind} that is forgotten`, async (t) => {
    const { system } = t.context;
    const marker = newMarker();
    const userId = kind === 'customer' ? `${marker}-id` : undefined;
    const { bought, traces } = await liveLife(system, userId, marker);
    const open = await buy(system, 'somebody-else', newMarker());
    const ids = bought.map(({ placed }) => placed.orderId);
    await park(system, ids[0] ?? '', marker);
    await park(system, open.placed.orderId, 'somebody-else');
    t.true((await columnsWith(system.pool, traces)).length > 5);
    if (kind === 'customer')
      t.true(
        (await workflowsWith(system, traces)).some((id) => id.startsWith('payment:')),
        'a late payment too',
      );
    const whose = userId === undefined ? ids.flatMap((id) => ['--order', id]) : ['--customer', userId];
    const run = (...args: string[]) => orders(['forget', ...whose, ...args], envOf(system));

    const unconfirmed = await run();
    t.is(unconfirmed.code, 1);
    t.regex(unconfirmed.err, /^To forget the personal data in 2 orders.*, add --yes\. To see .* add --dry-run\.\n$/);
    const dry = await run('--dry-run');
    t.regex(dry.out, /^A dry run: nothing was changed\.\n2 orders would be forgotten\.\n.* {2}checkouts: 2 rows\n/s);
    t.true((await columnsWith(system.pool, traces)).length > 5);

    // The last reports to Temporal may still be due.
    await until(
      'the command to find nothing left',
      () => run('--yes', '--json'),
      ({ code }) => code === 0,
    );
    t.deepEqual(await columnsWith(system.pool, traces), []);
    t.deepEqual(await workflowsWith(system, [...traces, ...ids]), []);
    t.is(await deadLetters(system), 1, 'the letter of the open order stays');
    for (const { placed, key, body } of bought) {
      t.is(
        (
          await fetch(`${system.shopUrl}/orders/${placed.orderId}`, {
            headers: { authorization: `Bearer ${placed.readToken}` },
          })
        ).status,
        404,
      );
      t.is((await buyAsBackend(system.shopUrl, body, key)).status, 422);
    }
    const shown = await asOperator(system.adminUrl)('GET', `/orders/${ids[0]}`);
    t.like(shown, { status: 200, body: { status: 'paid', userId: null, amount: 1_650 } });

    // What comes later moves money, and brings no trace back.
    const late = await charge(system, bought[0]?.placed as CheckoutAnswer);
    await untilStatus(system, late, 'refunded');
    t.deepEqual(await columnsWith(system.pool, traces), []);
    t.deepEqual(await workflowsWith(system, traces), []);
    await cancel(system, open.placed);
    await system.observer.ended(open.placed.orderId, canceled);
    await orders(['dlq', 'discard', open.placed.orderId], envOf(system));
  });
}

test.serial(
  'an open order stays, and the order that is placed meanwhile too; both are forgotten after their ends',
  async (t) => {
    const { system } = t.context;
    const marker = newMarker();
    await liveLife(system, marker, marker);
    const { placed } = await buy(system, marker, marker);
    const run = () => orders(['forget', '--customer', marker, '--yes'], envOf(system));
    const some = await until('only the open order to stay', run, ({ out }) =>
      out.includes('\n1 order stays: it is open.\n'),
    );
    t.is(some.code, 1);
    t.is((await rows(system.pool, 'SELECT 1 FROM checkouts WHERE customer = ?', [marker])).length, 1);
    await charge(system, placed);
    await system.observer.ended(placed.orderId, paid);
    await until('all to be forgotten', run, ({ code }) => code === 0);
    t.deepEqual(await columnsWith(system.pool, [marker]), []);
    t.deepEqual(await workflowsWith(system, [marker]), []);
  },
);

test.serial('a command that is killed between MySQL and Temporal is finished by the next one', async (t) => {
  const { system } = t.context;
  const marker = newMarker();
  const bought = await Promise.all(Array.from({ length: 12 }, () => buy(system, marker, marker)));
  await Promise.all(bought.map(({ placed }) => cancel(system, placed)));
  for (const { placed } of bought) await system.observer.ended(placed.orderId, canceled);
  const ids = bought.map(({ placed }) => placed.orderId);
  await until(
    'the reports to be made',
    () => rows(system.pool, 'SELECT 1 FROM orders WHERE report_due = 1'),
    ({ length }) => length === 0,
  );
  const forgotten = () => rows(system.pool, 'SELECT 1 FROM forgotten_orders WHERE order_id IN (?)', [ids]);
  const args = [mainFile, 'forget', '--customer', marker, '--yes'];
  const child = spawn(process.execPath, args, { env: ordersEnv(envOf(system)), stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until('the rows to be forgotten', forgotten, ({ length }) => length > 0 || child.exitCode !== null);
  child.kill('SIGKILL');
  await ended;
  // What a command leaves that died before it asked Temporal.
  const gone = orderWorkflowId(ids[0] ?? '');
  t.is((await rows(system.pool, 'SELECT 1 FROM checkouts WHERE customer = ?', [marker])).length, 0);
  const next = await orders(['forget', '--customer', 'somebody-else-again', '--yes'], envOf(system));
  t.is(next.code, 0, next.err);
  t.deepEqual(await workflowsWith(system, [marker, gone]), []);
  t.is((await rows(system.pool, 'SELECT 1 FROM forgotten_orders WHERE workflows_due = 1')).length, 0);
  t.deepEqual(await columnsWith(system.pool, [marker]), []);
  t.true((await count(system.pool, 'forgotten_orders')) >= 12);
});
