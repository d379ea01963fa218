import test from 'ava';
import { migrate } from '../../src/db/migrate.js';
import { statements } from '../../src/db/migrations/0017-events.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { placeOrder, product, shopDatabase } from '../helpers/database.js';
import { deliverAll, eventsOf } from '../helpers/events.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

test('the migration of events that died after any statement is finished by the next start', async (t) => {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  for (let done = 0; done <= statements.length; done++) {
    await pool.query('ALTER TABLE orders DROP COLUMN event_count');
    await pool.query(`ALTER TABLE events ADD KEY of_order (order_id), DROP KEY one_sequence, DROP KEY undelivered,
      DROP COLUMN sequence, DROP COLUMN delivered_at, DROP COLUMN payment_id`);
    await pool.query("DELETE FROM schema_migrations WHERE name = '0017-events'");
    const connection = await pool.getConnection();
    for (const statement of statements.slice(0, done)) await connection.query(statement);
    connection.release();
    t.deepEqual(await migrate(pool), ['0017-events']);
    const { orderId } = await placeOrder(pool);
    await settleOrder(pool, orderId, cancel);
    t.deepEqual(await eventsOf(pool, orderId), ['1 order.placed', '2 order.canceled']);
  }
});

test('events that the previous version writes are delivered without a number, and those of this version behind them', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, createdAt, amount } = await placeOrder(pool);
  await pool.query('DELETE FROM events');
  await recordOrders(pool, [orderId]);
  const data = {
    orderId,
    expiresAt: '2026-12-01T00:00:00.000Z',
    previousExpiresAt: '2026-11-30T00:00:00.000Z',
    by: 'shop',
  };
  await pool.query(
    `INSERT INTO events (event_id, type, order_id, sku, data, occurred_at)
     VALUES ('by-the-version-before', 'order.extended', ?, NULL, ?, ?)`,
    [orderId, JSON.stringify(data), createdAt],
  );
  await settleOrder(pool, orderId, cancel);
  const [before, after] = await deliverAll(pool);
  t.like(before, {
    type: 'order.extended',
    sequence: null,
    data: { ...data, status: 'placed', settledAt: null, amount },
  });
  t.like(after, { type: 'order.canceled', sequence: 2, data: { status: 'canceled', amount } });
});
