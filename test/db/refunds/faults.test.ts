import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { retryRefund } from '../../../src/db/refunds/refund-changes.js';
import { findRefund, markOrderRefunded, markOrderRefundFailed } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import { count, openPool, shopDatabase, stockOf } from '../../helpers/database.js';
import { eventsOf } from '../../helpers/events.js';
import { askedRefund, paidOrder, refundOf } from '../../helpers/refunds.js';
import { faultyServer } from '../faulty-server.js';
import { watchedPool } from '../watched-pool.js';

/** Refunds over connections that break. */

const two = { lines: [{ sku: 'mug', quantity: 2 }] };

for (const statement of [
  'START TRANSACTION',
  'FROM orders',
  'UPDATE payments',
  'UPDATE JSON_TABLE',
  'INSERT INTO order_refunds',
  'INSERT INTO events',
  'INSERT INTO stock_changes',
  'COMMIT',
]) {
  test(`a KILL before ${statement} of a refund leads to one refund`, async (t) => {
    const { pool, url } = await shopDatabase(t);
    const { orderId } = await paidOrder(pool, two);
    let kills = 0;
    const watched = watchedPool(openPool(t, url, 1), {
      before: async (sql, connection) => {
        if (kills > 0 || !sql.includes(statement)) return;
        kills++;
        await pool.query(`KILL ${connection.threadId}`);
      },
    });
    const result = await requestRefund(watched, askedRefund(orderId, { all: true, restock: true }));
    t.is(kills, 1);
    t.like(result, { kind: 'refund', refund: { amount: 2_500, ...two } });
    t.is(await count(pool, 'order_refunds'), 1);
    t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 2 });
    t.deepEqual(await auditDatabase(pool, 60), []);
  });
}

test('a refund whose reply to COMMIT is lost is found by its key', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool, two);
  const server = await faultyServer(t, url);
  server.breakAt('COMMIT', 'lose the reply');
  const result = await requestRefund(openPool(t, server.url, 1), askedRefund(orderId, { all: true, restock: true }));
  t.is(server.broken(), 1);
  t.like(result, { kind: 'refund', refund: { amount: 2_500 } });
  t.is(await count(pool, 'order_refunds'), 1);
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 2 });
});

for (const statement of ['FROM orders', 'UPDATE order_refunds', 'INSERT INTO events', 'COMMIT']) {
  test(`a KILL before ${statement} of a refund's success records it once, with one event`, async (t) => {
    const { pool, url } = await shopDatabase(t);
    const { orderId } = await paidOrder(pool);
    const { refundId } = await refundOf(pool, orderId, { amount: 5 });
    let kills = 0;
    const watched = watchedPool(openPool(t, url, 1), {
      before: async (sql, connection) => {
        if (kills > 0 || !sql.includes(statement)) return;
        kills++;
        await pool.query(`KILL ${connection.threadId}`);
      },
    });
    await markOrderRefunded(watched, refundId, 're_1');
    t.is(kills, 1);
    t.like(await findRefund(pool, refundId), { state: 'refunded', providerRefundId: 're_1' });
    t.deepEqual((await eventsOf(pool, orderId)).slice(2), ['3 refund.required', '4 refund.succeeded']);
    t.deepEqual(await auditDatabase(pool, 60), []);
  });
}

test('a failure whose reply to COMMIT is lost has one event', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 5 });
  const server = await faultyServer(t, url);
  server.breakAt('COMMIT', 'lose the reply');
  await markOrderRefundFailed(openPool(t, server.url, 1), { refundId, attempt: 0 }, 'disputed');
  t.is(server.broken(), 1);
  t.deepEqual((await eventsOf(pool, orderId)).slice(2), ['3 refund.required', '4 refund.failed']);
});

test("a person's new try whose reply to COMMIT is lost is one try", async (t) => {
  const { pool, url } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 5 });
  await markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'disputed');
  const server = await faultyServer(t, url);
  server.breakAt('COMMIT', 'lose the reply');
  await retryRefund(openPool(t, server.url, 1), { refundId, by: 'ann' });
  t.is(server.broken(), 1);
  t.like(await findRefund(pool, refundId), { state: 'required', attempt: 1 });
  t.is(await count(pool, 'payment_changes'), 1);
});
