import test from 'ava';
import { createReported, dueReports } from '../../src/db/orders/reports-due.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { payFor } from './payment-events.js';

/** Which orders' workflows need a report of the order's end. */

const soon = { minAgeMs: 0, limit: 10 };
const customer = { kind: 'cancel', reason: 'customer-request' } as const;

test('the end of an order by a payment or a person is due to be reported until the report is made', async (t) => {
  const { pool } = await shopDatabase(t);
  const { settle } = createSettlements(pool);
  const [paid, canceled] = [await placeOrder(pool), await placeOrder(pool)];
  const paymentId = await payFor(pool, paid);
  await settle(paid.orderId, { kind: 'payment', paymentId });
  await settle(canceled.orderId, customer);
  t.deepEqual(await dueReports(pool, { minAgeMs: 60_000, limit: 10 }), []);
  t.like(await dueReports(pool, soon), [
    { orderId: paid.orderId, paymentId, cancelReason: null },
    { orderId: canceled.orderId, paymentId: null, cancelReason: 'customer-request' },
  ]);
  const reported = createReported(pool);
  await Promise.all([reported(paid.orderId), reported(canceled.orderId), reported('nobody')]);
  t.deepEqual(await dueReports(pool, soon), []);
});

test('pages of due reports hold each order once, also of orders that end at the same moment', async (t) => {
  const { pool } = await shopDatabase(t);
  const { settle } = createSettlements(pool);
  const orders = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  await Promise.all(orders.map(({ orderId }) => settle(orderId, customer)));
  await pool.query('UPDATE orders SET settled_at = (SELECT * FROM (SELECT MIN(settled_at) FROM orders) first)');
  const first = await dueReports(pool, { minAgeMs: 0, limit: 2 });
  const second = await dueReports(pool, { minAgeMs: 0, limit: 2, after: first.at(-1) });
  t.deepEqual(
    [...first, ...second].map(({ orderId }) => orderId),
    orders.map(({ orderId }) => orderId).sort(),
  );
});

test('an order that its own workflow settles, or that ends at its deadline, needs no report', async (t) => {
  const { pool } = await shopDatabase(t);
  const [byWorkflow, expired, legacy] = [
    await placeOrder(pool),
    await placeOrder(pool, { windowMs: -1_000 }),
    await placeOrder(pool, { windowMs: -1_000 }),
  ];
  await createSettlements(pool, { reportDue: false }).settle(byWorkflow.orderId, customer);
  await settleOrder(pool, expired.orderId, { kind: 'expired' });
  await settleOrder(pool, legacy.orderId, { kind: 'cancel', reason: 'legacy-timeout' });
  t.deepEqual(await dueReports(pool, soon), []);
});

test('an order that stays placed, and a payment that is to be refunded, need no report', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout, { amount: 1 });
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  t.deepEqual(await dueReports(pool, soon), []);
});
