import test from 'ava';
import { createOutbox } from '../../src/db/checkouts/outbox.js';
import type { Pool } from '../../src/db/driver/pool.js';
import {
  closeEnded,
  countOverdue,
  isPlaced,
  openOrders,
  ordersInTime,
  overdueOrders,
  type Position,
} from '../../src/db/orders/open-orders.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';

const MINUTE_MS = 60_000;
const ids = (orders: readonly { readonly orderId: string }[]) => orders.map(({ orderId }) => orderId);

/** Makes an order look as if a process of the previous version had ended the order. */
const reopen = (pool: Pool, orderId: string) =>
  pool.query('UPDATE checkouts SET is_open = 1, open_place = 3 WHERE order_id = ?', [orderId]);

test('open orders past their deadline are overdue, the longest overdue first, recorded or not', async (t) => {
  const { pool } = await shopDatabase(t);
  const late = await placeOrder(pool, { windowMs: -2 * MINUTE_MS });
  const later = await placeOrder(pool, { windowMs: -MINUTE_MS });
  const ended = await placeOrder(pool, { windowMs: -MINUTE_MS });
  await placeOrder(pool);
  await recordOrders(pool, [later.orderId]);
  await settleOrder(pool, ended.orderId, { kind: 'expired' });
  t.deepEqual(ids(await overdueOrders(pool, { byMs: 0, limit: 10 })), ids([late, later]));
  t.deepEqual(ids(await overdueOrders(pool, { byMs: 90_000, limit: 10 })), ids([late]));
  const { count, oldestSeconds } = await countOverdue(pool, { byMs: 0 });
  t.is(count, 2);
  t.true(oldestSeconds >= 120 && oldestSeconds < 600, `${oldestSeconds} s`);
});

test('the age of the oldest overdue order is 0 without overdue orders', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  t.deepEqual(await countOverdue(pool, { byMs: 0 }), { count: 0, oldestSeconds: 0 });
});

test('the pages contain every open order once, also orders that are due at the same moment', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 20 })]);
  for (let index = 0; index < 11; index++) await placeOrder(pool);
  await pool.query("UPDATE checkouts SET expires_at = '2099-01-01 00:00:00.123' ORDER BY order_id LIMIT 8");
  const met: string[] = [];
  for (let after: Position | undefined; ; ) {
    const page = await ordersInTime(pool, { minAgeMs: 0, after, limit: 3 });
    met.push(...ids(page));
    after = page.at(-1);
    if (after === undefined) break;
  }
  t.is(met.length, 11);
  t.is(new Set(met).size, 11);
  const wanted = await rows(pool, 'SELECT order_id AS orderId FROM checkouts ORDER BY expires_at, order_id');
  t.deepEqual(met, ids(wanted as unknown as { orderId: string }[]));
});

test('the age of an order counts from its record, or else from its publication; an order without both has no age', async (t) => {
  const { pool } = await shopDatabase(t);
  const [waiting, published, recorded] = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  await createOutbox(pool).markPublished([published.orderId, recorded.orderId]);
  await recordOrders(pool, [recorded.orderId]);
  const aged = async (minAgeMs: number, unpublishedToo = false) =>
    ids((await openOrders(pool, { minAgeMs, limit: 10, unpublishedToo })).filter((order) => order.aged));
  await pool.query(`UPDATE checkouts SET created_at = created_at - INTERVAL 2 MINUTE,
    published_at = published_at - INTERVAL 1 MINUTE`);
  t.deepEqual(await aged(MINUTE_MS), [published.orderId], 'the message of the other was read');
  t.deepEqual(await aged(0), [published.orderId, recorded.orderId]);
  t.deepEqual(await aged(0, true), [waiting.orderId, published.orderId, recorded.orderId]);
  t.deepEqual(
    (await openOrders(pool, { minAgeMs: 0, limit: 10 })).map((order) => order.recorded),
    [false, false, true],
  );
});

test('an order that an earlier version has ended is reported as ended, and closed; a placed order is not', async (t) => {
  const { pool } = await shopDatabase(t);
  const [ended, placed] = [await placeOrder(pool), await placeOrder(pool)];
  await settleOrder(pool, ended.orderId, { kind: 'cancel', reason: 'customer-request' });
  await recordOrders(pool, [placed.orderId]);
  await reopen(pool, ended.orderId);
  t.deepEqual(
    (await openOrders(pool, { minAgeMs: 0, limit: 10 })).map((order) => order.ended),
    [true, false],
  );
  await closeEnded(pool, ids([ended, placed]));
  t.deepEqual(ids(await openOrders(pool, { minAgeMs: 0, limit: 10 })), [placed.orderId]);
  const [row] = await rows(pool, 'SELECT is_open, open_place FROM checkouts WHERE order_id = ?', [ended.orderId]);
  t.deepEqual(row, { is_open: null, open_place: null });
});

test('an order is placed until it has ended, and an unknown order is not placed', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  t.true(await isPlaced(pool, orderId));
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  t.false(await isPlaced(pool, orderId));
  t.false(await isPlaced(pool, 'nobody'));
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});
