import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { findRefund } from '../../../src/db/refunds/refund-outcomes.js';
import { storeReport } from '../../../src/db/reports/store-report.js';
import { count, openPool, shopDatabase } from '../../helpers/database.js';
import { eventsOf } from '../../helpers/events.js';
import { paidOrder, refundOf } from '../../helpers/refunds.js';
import { closedReport, refundReport } from '../../helpers/reports.js';
import { faultyServer } from '../faulty-server.js';
import { watchedPool } from '../watched-pool.js';

/** Reports of providers over connections that break. */

for (const statement of [
  'FROM orders',
  'INSERT INTO payment_events',
  'INSERT INTO provider_refunds',
  'SET displaced',
  'SET returned_amount',
  'INSERT INTO order_refunds',
  'INSERT INTO events',
  'COMMIT',
]) {
  test(`a KILL before ${statement} of a refund in the dashboard counts it once`, async (t) => {
    const { pool, url } = await shopDatabase(t);
    const { orderId, paymentId } = await paidOrder(pool);
    const owed = await refundOf(pool, orderId, { amount: 1_000 });
    let kills = 0;
    const watched = watchedPool(openPool(t, url, 1), {
      before: async (sql, connection) => {
        if (kills > 0 || !sql.includes(statement)) return;
        kills++;
        await pool.query(`KILL ${connection.threadId}`);
      },
    });
    t.is(await storeReport(watched, refundReport({ paymentId, amount: 500 })), 'stored');
    t.is(kills, 1);
    t.like(await findPayment(pool, paymentId), { returnedAmount: 1_250 });
    t.like(await findRefund(pool, owed.refundId), { state: 'failed' });
    t.deepEqual((await eventsOf(pool, orderId)).slice(2), [
      '3 refund.required',
      '4 refund.failed',
      '5 refund.succeeded',
    ]);
    t.deepEqual([await count(pool, 'order_refunds'), await count(pool, 'provider_refunds')], [2, 1]);
    t.deepEqual(await auditDatabase(pool, 60), []);
  });
}

test('a lost dispute whose reply to COMMIT is lost counts once', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const { paymentId } = await paidOrder(pool);
  const server = await faultyServer(t, url);
  server.breakAt('COMMIT', 'lose the reply');
  const stored = await storeReport(openPool(t, server.url, 1), closedReport({ paymentId, amount: 700 }, 'lost'));
  t.is(server.broken(), 1);
  t.is(stored, 'repeated');
  t.like(await findPayment(pool, paymentId), { returnedAmount: 700 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});
