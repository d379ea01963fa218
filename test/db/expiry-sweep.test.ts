import test, { type ExecutionContext } from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { createExpirySweep } from '../../src/db/orders/expiry-sweep.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { inParallel } from '../../src/domain/in-parallel.js';
import { createTestLog } from '../helpers/broker.js';
import { openPool, placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { freePort } from '../helpers/free-port.js';
import { payFor } from './payment-events.js';

/** The sweep needs the database only: these tests have no broker and no Temporal. */

const LATE = { windowMs: -60_000 };

function sweepOf(pool: Pool, { byMs = 1_000, pageSize = 200 } = {}) {
  const log = createTestLog();
  const clock = { now: 0 };
  return { log, clock, sweep: createExpirySweep({ pool, byMs, pageSize, now: () => clock.now, log }) };
}

const placeMany = (pool: Pool, count: number, overrides: Parameters<typeof placeOrder>[1]) =>
  inParallel(Array.from({ length: count }), 50, () => placeOrder(pool, overrides));

const statuses = async (pool: Pool) =>
  (await rows(pool, 'SELECT status, cancel_reason AS reason FROM orders ORDER BY order_id')).map(
    ({ status, reason }) => `${status} ${reason}`,
  );

test('an overdue order that was never published is canceled, and its stock is free', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, LATE);
  const { sweep, log } = sweepOf(pool);
  t.is(await sweep(), 1);
  t.deepEqual(await statuses(pool), ['canceled payment-window-expired']);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
  t.like(log.lines[0], { level: 'warn', fields: { paid: [], canceled: [orderId] } });
  t.is(await sweep(), 0, 'once');
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an overdue order whose payment is stored is paid', async (t) => {
  const { pool } = await shopDatabase(t);
  await payFor(pool, await placeOrder(pool, LATE));
  t.is(await sweepOf(pool).sweep(), 1);
  t.deepEqual(await statuses(pool), ['paid null']);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
});

test('an order before its deadline, or a moment after the deadline, is left to its workflow', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  await placeOrder(pool, { windowMs: -1_000 });
  t.is(await sweepOf(pool, { byMs: 60_000 }).sweep(), 0);
  t.deepEqual(await statuses(pool), []);
});

test('a full page of orders past their deadline ends at once, with the orders behind the page', async (t) => {
  const { pool } = await shopDatabase(t);
  const { sweep } = sweepOf(pool, { byMs: 60_000, pageSize: 3 });
  await placeMany(pool, 2, { windowMs: -1 });
  t.is(await sweep(), 0, 'the timers of a few orders are in time');
  await placeMany(pool, 2, { windowMs: -1 });
  await placeOrder(pool);
  t.is(await sweep(), 4);
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 1, sold: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an order that another transaction has locked is left out without a wait, and the other orders end', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, LATE);
  await recordOrders(pool, [orderId]);
  await placeOrder(pool, LATE);
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query('SELECT order_id FROM orders WHERE order_id = ? FOR UPDATE', [orderId]);
  const { sweep, log } = sweepOf(pool);
  t.is(await sweep(), 1);
  t.deepEqual(
    log.lines.map(({ level }) => level),
    ['warn'],
    'no lock wait',
  );
  await other.query('COMMIT');
  t.is(await sweep(), 1);
});

test('an order that an earlier version has ended keeps its end, and is not read again', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool, LATE);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  await pool.query('UPDATE checkouts SET is_open = 1');
  t.is(await sweepOf(pool).sweep(), 0);
  t.deepEqual(await statuses(pool), ['canceled customer-request']);
  t.deepEqual(await rows(pool, 'SELECT is_open FROM checkouts'), [{ is_open: null }]);
});

/** The stock of the first order was moved by hand, so this order cannot be settled. */
async function spoiledShop(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const spoiled = await placeOrder(pool, { windowMs: -120_000 });
  await recordOrders(pool, [spoiled.orderId]);
  await pool.query("INSERT INTO stock_movements VALUES (?, 'released', UTC_TIMESTAMP(3))", [spoiled.orderId]);
  return { pool, spoiled };
}

test('an order that cannot be settled delays no other order, and is retried after growing pauses', async (t) => {
  const { pool, spoiled } = await spoiledShop(t);
  await placeOrder(pool, LATE);
  const { sweep, clock, log } = sweepOf(pool);
  t.is(await sweep(), 1);
  const errors = () => log.lines.filter(({ level }) => level === 'error');
  t.like(errors()[0]?.fields, { orderId: spoiled.orderId });
  await sweep();
  t.is(errors().length, 1, 'not at each turn');
  for (const end = 60_000; clock.now < end; clock.now += 1_000) await sweep();
  t.true(errors().length > 2 && errors().length < 8, `${errors().length} tries in a minute`);
  await pool.query('DELETE FROM stock_movements WHERE order_id = ?', [spoiled.orderId]);
  clock.now += 5 * 60_000;
  t.is(await sweep(), 1);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('overdue orders end at once, and overdue orders of locked stock end later', async (t) => {
  const { pool } = await shopDatabase(t, [product(), product({ sku: 'pot' })]);
  await placeOrder(pool, LATE);
  await placeOrder(pool, { ...LATE, lines: [{ sku: 'pot', quantity: 1 }] });
  const other = await pool.getConnection();
  t.teardown(async () => other.destroy());
  await other.query('START TRANSACTION');
  await other.query("SELECT sku FROM products WHERE sku = 'mug' FOR UPDATE");
  const { sweep, clock } = sweepOf(pool);
  t.deepEqual([await sweep(), await sweep()], [1, 0]);
  t.deepEqual(await stockOf(pool, 'pot'), { available: 10, reserved: 0, sold: 0 });
  await other.query('COMMIT');
  clock.now += 5 * 60_000;
  t.is(await sweep(), 1);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('several bridges at once end more overdue orders than a page in one turn, each order once', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 450 })]);
  await placeMany(pool, 450, LATE);
  const bridges = [pool, openPool(t, url), openPool(t, url)].map((bridge) => sweepOf(bridge, { pageSize: 100 }));
  const ended = await Promise.all(bridges.map(({ sweep }) => sweep()));
  t.is(
    ended.reduce((sum, each) => sum + each),
    450,
    'each order is counted by the bridge that ended the order',
  );
  t.deepEqual(await stockOf(pool), { available: 450, reserved: 0, sold: 0 });
  t.deepEqual(await rows(pool, 'SELECT COUNT(*) AS n FROM stock_movements'), [{ n: 450 }]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a stop ends the turn after the pages under way', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeMany(pool, 10, LATE);
  const stopping = new AbortController();
  const onEnded = () => stopping.abort();
  const sweep = createExpirySweep({ pool, byMs: 0, pageSize: 4, now: () => 0, log: createTestLog(), onEnded });
  const ended = await sweep(stopping.signal);
  t.true(ended >= 4 && ended < 10, `${ended} ended`);
});

test('a database that is away ends the turn', async (t) => {
  const pool = openPool(t, `mysql://nobody@127.0.0.1:${await freePort()}/none`);
  await t.throwsAsync(sweepOf(pool).sweep(), { code: 'dependency-unavailable' });
});
