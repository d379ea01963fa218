import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { findPayment } from '../../../src/db/payments/payments.js';
import { findRefund } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import { countOpenDisputes, disputesOf, openDisputes } from '../../../src/db/reports/disputes.js';
import { storeReport } from '../../../src/db/reports/store-report.js';
import { applyWaitingReports } from '../../../src/db/reports/waiting-reports.js';
import { openPool, shopDatabase } from '../../helpers/database.js';
import { askedRefund, paidOrder, refundOf } from '../../helpers/refunds.js';
import { closedReport, disputeReport } from '../../helpers/reports.js';
import { owe, paymentEvent } from '../payment-events.js';

/** Disputes that a customer's bank opens and closes. */

test('a dispute is open until it is won, and takes no money then', async (t) => {
  const { pool } = await shopDatabase(t);
  const { paymentId } = await paidOrder(pool);
  const opened = disputeReport({ paymentId, disputeId: 'dp_1', reason: 'fraudulent' });
  t.is(await storeReport(pool, opened), 'stored');
  t.is(await storeReport(pool, opened), 'repeated');
  t.is(await countOpenDisputes(pool), 1);
  t.like((await openDisputes(pool))[0], { disputeId: 'dp_1', state: 'open', reason: 'fraudulent', amount: 1_250 });
  t.is(await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1' }, 'won')), 'stored');
  t.is(await countOpenDisputes(pool), 0);
  t.like((await disputesOf(pool, [paymentId]))[0], { state: 'won', taken: 0 });
  t.like(await findPayment(pool, paymentId), { returnedAmount: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a lost dispute counts among what went back, once, and leaves nothing for refunds of ours', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 200 });
  await storeReport(pool, disputeReport({ paymentId, disputeId: 'dp_1' }));
  const lost = closedReport({ paymentId, disputeId: 'dp_1' }, 'lost');
  t.is(await storeReport(pool, lost), 'stored');
  t.is(await storeReport(pool, { ...lost, eventId: 'once more' }), 'stored');
  t.like((await disputesOf(pool, [paymentId]))[0], { state: 'lost', taken: 1_250 });
  t.like(await findPayment(pool, paymentId), { status: 'accepted', returnedAmount: 1_250 });
  t.like(await findRefund(pool, refundId), { state: 'failed', failure: '1250 EUR were lost in dispute dp_1 of test' });
  t.like(await requestRefund(pool, askedRefund(orderId, { amount: 1 })), { kind: 'too-much', left: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an end that comes before its opening counts, and the opening changes nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const { paymentId } = await paidOrder(pool);
  await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1', amount: 300 }, 'lost'));
  await storeReport(pool, disputeReport({ paymentId, disputeId: 'dp_1', amount: 1_250 }));
  await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1', amount: 300 }, 'won'));
  t.like((await disputesOf(pool, [paymentId]))[0], { state: 'lost', amount: 300, taken: 300 });
  t.like(await findPayment(pool, paymentId), { returnedAmount: 300 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a lost dispute of a payment that its order did not accept is kept, and takes nothing of an order', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await owe(pool);
  t.is(await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1' }, 'lost')), 'stored');
  t.like(await findPayment(pool, paymentId), { status: 'refund_required', returnedAmount: 0 });
  t.is(await storeReport(pool, closedReport({ paymentId: paymentEvent().paymentId }, 'lost')), 'unplaced');
  t.is(await applyWaitingReports(pool), 0);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('two processes that store the end of a dispute at once count it once, twenty times', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const other = openPool(t, url);
  const { paymentId } = await paidOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  for (let turn = 0; turn < 20; turn++) {
    const of = { paymentId, disputeId: `dp_${turn}`, amount: 100 };
    await Promise.all([
      storeReport(pool, closedReport(of, 'lost')),
      storeReport(other, closedReport(of, 'lost')),
      storeReport(other, disputeReport(of)),
    ]);
  }
  t.like(await findPayment(pool, paymentId), { returnedAmount: 2_000 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});
