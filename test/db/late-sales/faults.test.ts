import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { openPool, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { eventsOf } from '../../helpers/events.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { faultyServer } from '../faulty-server.js';
import { paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

/** Late sales over connections that break. */

for (const statement of [
  'START TRANSACTION',
  'FROM late_sales',
  'FROM products',
  'INSERT INTO checkouts',
  'INSERT INTO late_sales',
  'UPDATE payments SET told_order_id',
  'INSERT INTO stock_movements',
  'UPDATE JSON_TABLE',
  'COMMIT',
]) {
  test(`a KILL before ${statement} of a late sale leads to one sale`, async (t) => {
    const { pool, url } = await shopDatabase(t);
    const order = await expiredOrder(pool);
    const event = paymentEvent({ ...order });
    let kills = 0;
    const watched = watchedPool(openPool(t, url, 1), {
      before: async (sql, connection) => {
        if (kills > 0 || !sql.includes(statement)) return;
        kills++;
        await pool.query(`KILL ${connection.threadId}`);
      },
    });
    await createSettlements(watched, { lateSales }).receive(event);
    t.is(kills, 1);
    t.like(await findPayment(pool, event.paymentId), { status: 'accepted', toldOrderId: order.orderId });
    const [{ successorId = '' } = {}, ...others] = await successors(pool);
    t.deepEqual(others, []);
    t.deepEqual(await eventsOf(pool, successorId), ['1 order.placed', '2 order.paid']);
    t.is((await rows(pool, 'SELECT order_id FROM checkouts')).length, 2);
    t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
    t.deepEqual(await auditDatabase(pool, 0), []);
  });
}

test('a late sale whose reply to COMMIT is lost is one sale', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const event = paymentEvent({ ...(await expiredOrder(pool)) });
  const server = await faultyServer(t, url);
  server.breakAt('COMMIT', 'lose the reply');
  await createSettlements(openPool(t, server.url, 1), { lateSales }).receive(event);
  t.is(server.broken(), 1);
  t.is((await successors(pool)).length, 1);
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted' });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});
