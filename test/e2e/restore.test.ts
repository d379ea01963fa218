import anyTest, { type TestFn } from 'ava';
import { repair } from '../../src/cli/repair.js';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { archiveOrders } from '../../src/db/archive/archive-orders.js';
import { archivedTables } from '../../src/db/archive/tables.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { CANCEL_REQUESTED, orderWorkflowId } from '../../workflows/contract.js';
import { pay, paymentOf, refundsOf, statusOf } from '../faults/reads.js';
import { now } from '../helpers/archive.js';
import { rows } from '../helpers/database.js';
import { product, type System, startSystem } from '../helpers/system.js';
import { sendWebhook } from '../helpers/webhook.js';

/** MySQL is restored to an earlier moment; Temporal, RabbitMQ and the provider have later data. */

const test = anyTest as TestFn<{ system: System }>;

const TABLES = [
  ...['products', 'stock_changes', 'checkouts', 'orders', 'order_items', 'stock_movements', 'moved_deadlines'],
  ...[
    'payment_events',
    'payments',
    'payment_changes',
    'order_refunds',
    'late_sales',
    'provider_refunds',
    'disputes',
    'events',
    'endpoints',
    'event_deliveries',
  ],
  ...archivedTables.map(({ name }) => `archived_${name}`),
  ...['archived_units', 'archived_money'],
];

test.before(async (t) => {
  t.context.system = await startSystem([product('mug', 100)], { RECONCILE_AFTER: '1 second' });
});

test.after.always(async (t) => {
  await t.context.system?.close();
});

async function backUp(pool: Pool): Promise<void> {
  for (const table of TABLES) {
    await pool.query(`DROP TABLE IF EXISTS saved_${table}`);
    await pool.query(`CREATE TABLE saved_${table} AS SELECT * FROM ${table}`);
  }
}

async function restore(pool: Pool): Promise<void> {
  const connection = await pool.getConnection();
  await connection.query('SET SESSION foreign_key_checks = 0');
  for (const table of TABLES) {
    await connection.query(`DELETE FROM ${table}`);
    await connection.query(`INSERT INTO ${table} SELECT * FROM saved_${table}`);
  }
  connection.destroy();
}

async function buyOne({ customers, observer }: System): Promise<Placed> {
  const { body } = await customers.buy(1, [{ sku: 'mug', quantity: 1 }]);
  await observer.recorded(body.orderId);
  return body;
}

/** An order that was canceled, and is archived. */
async function archivedOrder(system: System): Promise<Placed> {
  const order = await buyOne(system);
  await cancel(system, order);
  await until(
    'the order to have nothing left to do',
    () => archiveOrders(system.pool, [order.orderId], now()),
    ({ length }) => length === 1,
  );
  return order;
}

async function cancel({ shopUrl, observer }: System, { orderId, readToken }: Placed): Promise<void> {
  const headers = { authorization: `Bearer ${readToken}` };
  await fetch(`${shopUrl}/orders/${orderId}/cancel`, { method: 'POST', headers });
  await observer.ended(orderId, { status: 'canceled', movement: 'released' });
}

/** Orders that the backup has, and their ends after the backup. */
async function livesBeyondTheBackup(system: System) {
  const [paid, canceled, open] = [await buyOne(system), await buyOne(system), await buyOne(system)];
  const since = new Date();
  await backUp(system.pool);
  const { paymentId } = await pay(system, paid);
  await system.observer.ended(paid.orderId, { status: 'paid', movement: 'sold' });
  await cancel(system, canceled);
  const { paymentId: lateId } = await pay(system, canceled);
  await refundsOf(system, lateId);
  const gone = await buyOne(system);
  return { paid, paymentId, canceled, lateId, open, gone, since };
}

/** The provider sends an event again that the restored database no longer has. */
async function sendAgain({ shopUrl }: System, order: Placed, paymentId: string): Promise<number> {
  const { type, data } = paymentOf(order);
  return (await sendWebhook(shopUrl, { type, data: { ...data, paymentId } })).status;
}

const logged = (system: System, { orderId }: Placed, words: string): Promise<boolean> =>
  until(
    `the log to say “${words}” of the order`,
    async () =>
      system
        .logs()
        .split('\n')
        .some((line) => line.includes(orderId) && line.includes(words)),
    Boolean,
  );

async function passDeadline({ pool }: System, { orderId }: Placed): Promise<void> {
  const past = new Date(Date.now() - 5_000);
  for (const table of ['orders', 'checkouts']) {
    await pool.query(`UPDATE ${table} SET expires_at = ? WHERE order_id = ?`, [past, orderId]);
  }
}

test.serial('the steps of a restore recover each decision, and name what is lost', async (t) => {
  const { system } = t.context;
  const archived = await archivedOrder(system);
  const { paid, paymentId, canceled, lateId, open, gone, since } = await livesBeyondTheBackup(system);
  const { paymentId: ofArchived } = await pay(system, archived);
  await refundsOf(system, ofArchived);
  const isArchived = async () =>
    (await rows(system.pool, 'SELECT 1 FROM archived_orders WHERE order_id = ?', [archived.orderId])).length === 1;
  t.false(await isArchived(), 'its late payment has brought it back');
  for (const program of ['bridge', 'worker', 'api'] as const) await system.stop(program);
  await restore(system.pool);
  t.true(await isArchived());
  // After a restore that takes longer than the window, each order is overdue.
  await passDeadline(system, paid);

  const named = [
    [paid, 'Temporal saw the order end as paid, and it is placed here'],
    [canceled, 'Temporal saw the order end as canceled, and it is placed here'],
    [gone, 'Temporal knows the order as placed, and no checkout has its id: it is lost here'],
  ] as const;
  const wanted = named.map(([{ orderId }, detail]) => `order ${orderId}: ${detail}`).toSorted();
  const found = await until(
    'Temporal’s index to show all of it',
    async () => {
      const { findings } = await system.audit(since);
      return findings
        .filter(({ invariant }) => invariant === 'I2')
        .map(({ subject, detail }) => `${subject}: ${detail}`)
        .toSorted();
    },
    ({ length }) => length === wanted.length,
  );
  t.deepEqual(found, wanted);

  const said: string[] = [];
  await repair({ ...system, since, say: (line) => void said.push(line) });
  t.true(
    said.includes(`order ${canceled.orderId}: canceled again (customer-request), as Temporal saw it`),
    said.join(),
  );
  await system.start('api');
  t.is((await system.customers.look(paid)).status, 'placed');
  t.is(await sendAgain(system, paid, paymentId), 204);
  t.is(await sendAgain(system, canceled, lateId), 204);
  t.is(await sendAgain(system, archived, ofArchived), 204);
  t.is((await system.customers.look(paid)).status, 'paid');
  await system.start('bridge');
  await system.start('worker');

  await system.observer.ended(canceled.orderId, { status: 'canceled', movement: 'released' });
  t.is(await refundsOf(system, lateId), 1, 'the refund that was made is found again by its key');
  t.is(await refundsOf(system, ofArchived), 1, 'and so is the refund of the archived order');
  await pay(system, open);
  await system.observer.ended(open.orderId, { status: 'paid', movement: 'sold' });

  const lost = orderWorkflowId(gone.orderId);
  await system.temporal.workflow.getHandle(lost).signal(CANCEL_REQUESTED, { reason: 'operator-request' });
  await until(
    'the workflow of the order that is gone to fail',
    () => statusOf(system, lost),
    (status) => status === 'FAILED',
  );
  await until('the audit to be clean', system.audit, ({ findings }) => findings.length === 0);
});

test.serial('a restore without the later steps leaves no order open, and each order is named in the log', async (t) => {
  const { system } = t.context;
  const overdue = await buyOne(system);
  const { paid, paymentId, canceled, gone } = await livesBeyondTheBackup(system);
  const { paymentId: overdueId } = await pay(system, overdue);
  await system.observer.ended(overdue.orderId, { status: 'paid', movement: 'sold' });
  await system.stop('bridge');
  await system.stop('worker');
  await restore(system.pool);
  // After a restore that takes longer than the window, each order is overdue.
  await passDeadline(system, overdue);
  await system.temporal.workflow.getHandle(orderWorkflowId(gone.orderId)).terminate('it is lost');
  await system.start('bridge');
  await system.start('worker');

  await logged(system, canceled, 'its workflow was started again');
  await logged(
    system,
    overdue,
    'they were canceled at their deadline. Have the payment provider send its events again',
  );
  await logged(system, paid, 'Have the payment provider send its events again');
  // Their deadlines come before the provider sends anything.
  await passDeadline(system, paid);
  await passDeadline(system, canceled);
  for (const order of [paid, overdue, canceled]) {
    await until(
      'the order to end',
      () => system.customers.look(order),
      ({ status }) => status === 'canceled',
    );
  }
  t.is(await sendAgain(system, paid, paymentId), 204);
  t.is(await sendAgain(system, overdue, overdueId), 204);
  t.is(await refundsOf(system, paymentId), 1);
  t.is(await refundsOf(system, overdueId), 1);
});
