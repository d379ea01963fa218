import test from 'ava';
import { until } from '../../../src/cli/story/until.js';
import { inOneRoundTrip } from '../../../src/db/driver/one-round-trip.js';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { sellLate } from '../../../src/db/orders/late-sales.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { insertSuccessors } from '../../../src/db/orders/successors.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { count, openPool, placeOrder, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { payFor, paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

/** The inner guards of a late sale, whatever the caller. */

const successorId = '01985d2e-4f6b-7a12-8c55-6a1d0f6f2b11';

test('no more units are sold to late payments than there are, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const sold = { sold: [], taken: new Map([['mug', 11]]), before: new Map([['mug', 11]]), at: new Date() };
  await t.throwsAsync(
    inTransaction(pool, (transaction) => sellLate(transaction, sold)),
    { message: 'sold 0 SKUs to late payments instead of 1' },
  );
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 0 });
});

test('a late payment is decided by the stock that a checkout beside it leaves, and waits for this checkout', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const event = paymentEvent({ ...(await expiredOrder(pool)) });
  const buyer = await pool.getConnection();
  t.teardown(async () => buyer.destroy());
  await buyer.query('START TRANSACTION');
  await buyer.query('UPDATE products SET available = available - 10, reserved = reserved + 10');
  const decided: string[] = [];
  const watched = watchedPool(openPool(t, url, 1), { statements: decided });
  const received = createSettlements(watched, { lateSales }).receive(event);
  const waits = `SELECT id FROM information_schema.processlist
    WHERE db = DATABASE() AND command = 'Query' AND info LIKE '%FROM products%' AND id <> CONNECTION_ID()`;
  // Without the lock the transaction goes on, and only its UPDATE waits.
  await until(
    'the settlement to wait for the stock',
    async () => (await rows(pool, waits)).length > 0 || decided.some((sql) => sql.includes('INSERT INTO late_sales')),
    (isThere) => isThere,
  );
  await buyer.query('COMMIT');
  await received;
  t.like(await findPayment(pool, event.paymentId), { status: 'refund_required', refundReason: 'order-canceled' });
  t.is(await count(pool, 'late_sales'), 0);
});

test('a payment that is decided, or of another order, buys nothing, whatever the caller', async (t) => {
  const { pool } = await shopDatabase(t);
  const [one, other] = [await expiredOrder(pool), await expiredOrder(pool)];
  const event = paymentEvent({ ...one });
  await createSettlements(pool).receive(event);
  const undecided = await payFor(pool, other);
  for (const paymentId of [event.paymentId, undecided]) {
    const sale = { orderId: one.orderId, paymentId, successorId };
    await t.throwsAsync(
      inTransaction(pool, (transaction) =>
        insertSuccessors(inOneRoundTrip(transaction), { sold: [sale], at: new Date() }, { reportDue: true }),
      ),
      { message: /is decided already, or of another order/ },
    );
  }
  t.deepEqual([await count(pool, 'late_sales'), await count(pool, 'checkouts')], [0, 2]);
});

test('an order has one successor, and a payment buys once, by the keys of the table', async (t) => {
  const { pool } = await shopDatabase(t);
  const [order, free] = [await expiredOrder(pool), await placeOrder(pool)];
  await recordOrders(pool, [free.orderId]);
  await createSettlements(pool, { lateSales }).receive(paymentEvent({ ...order }));
  const [sale] = await successors(pool);
  if (sale === undefined) throw new Error('nothing was sold');
  const insert = (orderId: string, next: string, paymentId: string) =>
    pool.query('INSERT INTO late_sales VALUES (?, ?, ?, UTC_TIMESTAMP(3))', [orderId, next, paymentId]);
  const again = { code: 'ER_DUP_ENTRY' };
  await t.throwsAsync(insert(order.orderId, free.orderId, 'another'), again);
  await t.throwsAsync(insert(free.orderId, sale.successorId, 'another'), again);
  await t.throwsAsync(insert(free.orderId, free.orderId, sale.paymentId), again);
});
