import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { migrate } from '../../../src/db/migrate.js';
import { findPayment, storeEvent } from '../../../src/db/payments/payments.js';
import { findRefund } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import { countOpenDisputes, disputesOf, openDisputes } from '../../../src/db/reports/disputes.js';
import { storeReport } from '../../../src/db/reports/store-report.js';
import { applyWaitingReports } from '../../../src/db/reports/waiting-reports.js';
import { openPool, shopDatabase } from '../../helpers/database.js';
import { deliverAll, eventsOf } from '../../helpers/events.js';
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

const placedAndPaid = ['1 order.placed', '2 order.paid'];

/** The types alone, behind those of the sale. */
const typesOf = async (pool: Pool, orderId: string) =>
  (await eventsOf(pool, orderId)).slice(2).map((event) => event.split(' ')[1]);

test('other systems hear of a dispute once when it is opened and once when it is closed, with its outcome', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const of = { paymentId, disputeId: 'dp_1', amount: 700, reason: 'fraudulent' };
  for (let time = 0; time < 2; time++) await storeReport(pool, disputeReport(of));
  t.deepEqual(await eventsOf(pool, orderId), [...placedAndPaid, '3 dispute.opened']);
  for (const outcome of ['lost', 'lost', 'won'] as const) await storeReport(pool, closedReport(of, outcome));
  await storeReport(pool, disputeReport(of));
  t.deepEqual(await eventsOf(pool, orderId), [...placedAndPaid, '3 dispute.opened', '4 dispute.closed']);
  const [, , opened, closed] = await deliverAll(pool);
  const dispute = {
    disputeId: 'dp_1',
    paymentId,
    amount: 700,
    currency: 'EUR',
    provider: 'test',
    reason: 'fraudulent',
  };
  t.like(opened, { subject: orderId, data: { ...dispute, order: { orderId, status: 'paid', amount: 1_250 } } });
  t.like(closed, { subject: orderId, data: { ...dispute, outcome: 'lost' } });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('a dispute whose end comes first is opened and closed in this sequence, before what the lost money makes fail', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  await refundOf(pool, orderId, { amount: 200 });
  await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1' }, 'lost'));
  await storeReport(pool, disputeReport({ paymentId, disputeId: 'dp_1' }));
  t.deepEqual(await typesOf(pool, orderId), ['refund.required', 'dispute.opened', 'dispute.closed', 'refund.failed']);
});

test('a dispute of a payment that is not known yet has its event when the payment is known, with no order its own', async (t) => {
  const { pool } = await shopDatabase(t);
  const event = paymentEvent({ orderId: 'of-another-shop' });
  const { paymentId } = event;
  await storeReport(pool, disputeReport({ paymentId, disputeId: 'dp_1' }));
  t.deepEqual(await deliverAll(pool), []);
  await storeEvent(pool, event);
  t.is(await applyWaitingReports(pool), 1);
  t.is(await applyWaitingReports(pool), 0);
  const opened = (await deliverAll(pool)).filter(({ type }) => type === 'dispute.opened');
  t.is(opened.length, 1);
  t.like(opened[0], { subject: paymentId, sequence: null, data: { orderId: 'of-another-shop', disputeId: 'dp_1' } });
});

test('two processes that store a dispute at once write each event once, twenty times', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const other = openPool(t, url);
  const { orderId, paymentId } = await paidOrder(pool);
  for (let turn = 0; turn < 20; turn++) {
    const of = { paymentId, disputeId: `dp_${turn}`, amount: 10 };
    await Promise.all([
      storeReport(pool, disputeReport(of)),
      storeReport(other, disputeReport(of)),
      storeReport(other, closedReport(of, 'won')),
    ]);
  }
  const types = await typesOf(pool, orderId);
  t.deepEqual([types.length, types.filter((type) => type === 'dispute.opened').length], [40, 20]);
});

test('a dispute from before the migration has no late event, and the event of what happens next', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const [open, lost] = ['dp_open', 'dp_lost'].map((disputeId) => ({ paymentId, disputeId, amount: 5 }));
  if (open === undefined || lost === undefined) return t.fail();
  await storeReport(pool, disputeReport(open));
  await storeReport(pool, closedReport(lost, 'lost'));
  await pool.query("DELETE FROM events WHERE type LIKE 'dispute.%'");
  await pool.query('ALTER TABLE disputes DROP COLUMN events_written');
  await pool.query("DELETE FROM schema_migrations WHERE name = '0026-dispute-events'");
  t.deepEqual(await migrate(pool), ['0026-dispute-events']);
  await storeReport(pool, disputeReport(lost));
  t.deepEqual(await typesOf(pool, orderId), []);
  await storeReport(pool, closedReport(open, 'won'));
  t.deepEqual(await typesOf(pool, orderId), ['dispute.closed']);
});

test('a dispute that a process of the version before has stored has its events with the next report', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  await pool.query(
    `INSERT INTO disputes (provider, dispute_id, payment_id, amount, currency, state, waiting, opened_at)
     VALUES ('test', 'dp_1', ?, 5, 'EUR', 'open', NULL, UTC_TIMESTAMP(3))`,
    [paymentId],
  );
  await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1', amount: 5 }, 'won'));
  t.deepEqual(await typesOf(pool, orderId), ['dispute.opened', 'dispute.closed']);
});
