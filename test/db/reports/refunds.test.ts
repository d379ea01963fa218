import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { findPayment, storeEvent } from '../../../src/db/payments/payments.js';
import { markRefunded } from '../../../src/db/payments/refunds.js';
import { countWaitingForPerson } from '../../../src/db/payments/unplaced-payments.js';
import { listRefunds } from '../../../src/db/refunds/open-refunds.js';
import { closeRefund, retryRefund } from '../../../src/db/refunds/refund-changes.js';
import { findRefund, markOrderRefunded, markOrderRefundFailed } from '../../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import { storeReport } from '../../../src/db/reports/store-report.js';
import { applyWaitingReports } from '../../../src/db/reports/waiting-reports.js';
import { count, openPool, placeOrder, product, rows, shopDatabase } from '../../helpers/database.js';
import { deliverAll, eventsOf } from '../../helpers/events.js';
import { askedRefund, paidOrder, refundOf } from '../../helpers/refunds.js';
import { refundReport } from '../../helpers/reports.js';
import { owe, payFor, paymentEvent } from '../payment-events.js';

/** Refunds that a provider reports: made in its dashboard, confirmed, or failed days later. */

const sumOf = async (pool: Pool, paymentId: string) => (await findPayment(pool, paymentId))?.returnedAmount;

test('a refund in the dashboard is a row that counts, once, and other systems are told', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const report = refundReport({ paymentId, amount: 500 });
  t.is(await storeReport(pool, report), 'stored');
  t.is(await storeReport(pool, report), 'repeated');
  t.is(await storeReport(pool, { ...report, eventId: 'another event of the refund' }), 'stored');
  const [refund, ...others] = await listRefunds(pool, { orderId });
  t.deepEqual(others, []);
  t.like(refund, { amount: 500, state: 'refunded', by: 'provider test', providerRefundId: report.refundId });
  t.is(await sumOf(pool, paymentId), 500);
  t.like(await requestRefund(pool, askedRefund(orderId, { amount: 800 })), { kind: 'too-much', left: 750 });
  t.like(await refundOf(pool, orderId, { all: true }), { amount: 750 });
  t.deepEqual(await eventsOf(pool, orderId), [
    '1 order.placed',
    '2 order.paid',
    '3 refund.succeeded',
    '4 refund.required',
  ]);
  const told = (await deliverAll(pool)).find(({ type }) => type === 'refund.succeeded');
  t.like(told?.data, { amount: 500, reason: 'provider-request', refundId: report.refundId, paymentId });
  t.deepEqual(await auditDatabase(pool, 0), []);
  await t.throwsAsync(storeReport(pool, { ...report, bodySha256: Buffer.alloc(32) }), { code: 'event-conflict' });
});

test('a report of a refund of ours is found by its key, and is no second refund', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  const report = refundReport({ paymentId, amount: 500, key: `refund:${refundId}` });
  t.is(await storeReport(pool, report), 'stored');
  t.like(await findRefund(pool, refundId), { state: 'refunded', providerRefundId: report.refundId });
  await markOrderRefunded(pool, refundId, report.refundId);
  t.is(await count(pool, 'order_refunds'), 1);
  t.is(await sumOf(pool, paymentId), 500);
  t.deepEqual((await eventsOf(pool, orderId)).slice(2), ['3 refund.required', '4 refund.succeeded']);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a refund that fails days later waits for a person, who asks again', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  await markOrderRefunded(pool, refundId, 're_1');
  const failed = refundReport({ type: 'refund.failed', paymentId, refundId: 're_1', failure: 'account closed' });
  t.is(await storeReport(pool, failed), 'stored');
  t.is(await storeReport(pool, { ...failed, eventId: 'once more' }), 'stored');
  t.like(await findRefund(pool, refundId), { state: 'failed', failure: 'account closed', providerRefundId: null });
  t.is((await countWaitingForPerson(pool)).refundFailed, 1);
  t.is(await sumOf(pool, paymentId), 500, 'it stays counted');
  await retryRefund(pool, { refundId, by: 'ann' });
  t.is(await storeReport(pool, { ...failed, eventId: 'late' }), 'stored');
  t.like(await findRefund(pool, refundId), { state: 'required', attempt: 1 }, 'an old failure ends no new attempt');
  await markOrderRefunded(pool, refundId, 're_2');
  t.deepEqual((await eventsOf(pool, orderId)).slice(2), [
    '3 refund.required',
    '4 refund.succeeded',
    '5 refund.failed',
    '6 refund.required',
    '7 refund.succeeded',
  ]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a failure that comes before our own record of the success wins, with and without the key', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  for (const withKey of [true, false]) {
    const { refundId } = await refundOf(pool, orderId, { amount: 100 });
    const id = `re_${withKey}`;
    const key = withKey ? { key: `refund:${refundId}` } : {};
    await storeReport(pool, refundReport({ type: 'refund.failed', paymentId, refundId: id, amount: 100, ...key }));
    t.like(await findRefund(pool, refundId), { state: withKey ? 'failed' : 'required' });
    await markOrderRefunded(pool, refundId, id);
    t.like(await findRefund(pool, refundId), { state: 'failed', providerRefundId: null });
    await storeReport(pool, refundReport({ paymentId, refundId: id, amount: 100, ...key }));
    t.like(await findRefund(pool, refundId), { state: 'failed' }, 'a success behind the failure is older');
  }
  t.is(await count(pool, 'order_refunds'), 2);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a refund of a payment that its order did not accept is confirmed by a report, and may fail later', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await owe(pool);
  const made = refundReport({ paymentId, amount: 1_250, key: `refund:${paymentId}`, refundId: 're_1' });
  await storeReport(pool, made);
  t.like(await findPayment(pool, paymentId), { status: 'refunded', refundId: 're_1' });
  await storeReport(
    pool,
    refundReport({ type: 'refund.failed', paymentId, refundId: 're_1', failure: 'account closed' }),
  );
  t.like(await findPayment(pool, paymentId), { status: 'refund_failed', refundId: null });
  await markRefunded(pool, paymentId, 're_1');
  t.like(
    await findPayment(pool, paymentId),
    { status: 'refund_failed', refundId: null },
    'a late record of a failed refund',
  );
  const early = await owe(pool);
  await storeReport(pool, refundReport({ type: 'refund.failed', paymentId: early, refundId: 're_2' }));
  await markRefunded(pool, early, 're_2');
  t.like(await findPayment(pool, early), { status: 'refund_failed' });
  const types = await rows(
    pool,
    "SELECT type FROM events WHERE payment_id = ? AND type LIKE 'refund%' ORDER BY position",
    [paymentId],
  );
  t.deepEqual(
    types.map(({ type }) => type),
    ['refund.required', 'refund.succeeded', 'refund.failed'],
  );
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an unplaced payment that a person refunds in the dashboard is refunded, and a part of one is only kept', async (t) => {
  const { pool } = await shopDatabase(t);
  const [whole, part] = [paymentEvent(), paymentEvent()];
  for (const event of [whole, part]) await storeEvent(pool, event);
  await storeReport(pool, refundReport({ paymentId: whole.paymentId, amount: 1_250, refundId: 're_1' }));
  t.like(await findPayment(pool, whole.paymentId), {
    status: 'refunded',
    refundId: 're_1',
    refundReason: 'order-unknown',
  });
  t.is(await storeReport(pool, refundReport({ paymentId: part.paymentId, amount: 100 })), 'stored');
  t.like(await findPayment(pool, part.paymentId), { status: 'unplaced' });
  t.is(await count(pool, 'provider_refunds'), 2);
});

test('a refund in the dashboard displaces refunds of ours that are not made, and never more counts than was paid', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool, { lines: [{ sku: 'mug', quantity: 4 }] });
  const closed = await refundOf(pool, orderId, { amount: 1_000 });
  await closeRefund(pool, { refundId: closed.refundId, by: 'ann', note: 'in the dashboard' });
  const owed = await refundOf(pool, orderId, { amount: 3_000 });
  t.is(await sumOf(pool, paymentId), 4_000);
  t.is(await storeReport(pool, refundReport({ paymentId, amount: 2_500, refundId: 're_1' })), 'stored');
  t.is(await sumOf(pool, paymentId), 5_000);
  t.like(await findRefund(pool, closed.refundId), { state: 'closed' });
  t.like(await findRefund(pool, owed.refundId), {
    state: 'failed',
    failure: '2500 EUR went back by refund re_1 of test',
  });
  t.deepEqual(await rows(pool, 'SELECT displaced FROM order_refunds ORDER BY refund_id'), [
    { displaced: 1_000 },
    { displaced: 500 },
    { displaced: 0 },
  ]);
  t.deepEqual(await auditDatabase(pool, 0), []);
  const refused = { code: 'change-refused', message: /500 of 3000 went back in another way/ };
  await t.throwsAsync(retryRefund(pool, { refundId: owed.refundId, by: 'ann' }), refused);
  // The worker had called the provider before: the provider has sent what was left.
  await markOrderRefunded(pool, owed.refundId, 're_2', 2_500);
  t.like(await findRefund(pool, owed.refundId), { state: 'refunded', refundedAmount: 2_500 });
  t.is(await sumOf(pool, paymentId), 5_000);
  t.is(await storeReport(pool, refundReport({ paymentId, amount: 1, refundId: 're_3' })), 'contradicting');
  t.is(await sumOf(pool, paymentId), 5_000);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a displaced refund counts again when a person asks again and the money is there', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const owed = await refundOf(pool, orderId, { amount: 1_000 });
  await storeReport(pool, refundReport({ paymentId, amount: 600, refundId: 're_1' }));
  t.like(await findRefund(pool, owed.refundId), { state: 'failed' });
  await pool.query("UPDATE order_refunds SET amount = 250 WHERE provider_refund_id = 're_1'");
  await pool.query('UPDATE payments SET returned_amount = 900 WHERE payment_id = ?', [paymentId]);
  t.deepEqual(await auditDatabase(pool, 0), []);
  await retryRefund(pool, { refundId: owed.refundId, by: 'ann' });
  t.is(await sumOf(pool, paymentId), 1_250);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('reports that come before their payment, or while it is undecided, count when it is decided', async (t) => {
  const { pool } = await shopDatabase(t);
  const order = await placeOrder(pool);
  const event = paymentEvent({ ...order });
  t.is(await storeReport(pool, refundReport({ paymentId: event.paymentId, amount: 100 })), 'unplaced');
  t.is(await applyWaitingReports(pool), 0);
  await storeEvent(pool, event);
  t.is(await storeReport(pool, refundReport({ paymentId: event.paymentId, amount: 200 })), 'unplaced');
  t.is(await applyWaitingReports(pool), 0);
  await createSettlements(pool).settle(order.orderId, { kind: 'payment', paymentId: event.paymentId });
  t.is(await applyWaitingReports(pool), 2);
  t.is(await applyWaitingReports(pool), 0);
  t.is(await sumOf(pool, event.paymentId), 300);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('another currency, and the payment of another provider with the same id, change nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const { paymentId } = await paidOrder(pool);
  t.is(await storeReport(pool, refundReport({ paymentId, currency: 'USD' })), 'contradicting');
  t.is(await storeReport(pool, refundReport({ paymentId, provider: 'other' })), 'unplaced');
  t.is(await sumOf(pool, paymentId), 0);
  const order = await placeOrder(pool);
  await payFor(pool, order, { provider: 'other', paymentId });
  const stored = `other:${paymentId}`;
  await createSettlements(pool).settle(order.orderId, { kind: 'payment', paymentId: stored });
  t.is(await applyWaitingReports(pool), 1);
  t.is(await sumOf(pool, stored), 500);
  t.is(await sumOf(pool, paymentId), 0);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a report, our own record, a person and a second process at once count one refund once', async (t) => {
  const { pool, url } = await shopDatabase(t, [product({ stock: 100 })]);
  const other = openPool(t, url);
  for (let turn = 0; turn < 20; turn++) {
    const { orderId, paymentId } = await paidOrder(pool);
    const { refundId } = await refundOf(pool, orderId, { amount: 700 });
    const ours = { paymentId, amount: 700, refundId: `re_${turn}`, key: `refund:${refundId}` };
    const [first, second] = [refundReport(ours), refundReport({ paymentId, amount: 550, refundId: `dash_${turn}` })];
    await Promise.all([
      storeReport(pool, first),
      storeReport(other, first),
      markOrderRefunded(other, refundId, `re_${turn}`),
      markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'late'),
      storeReport(pool, second),
      storeReport(other, { ...second, eventId: `again ${turn}` }),
      requestRefund(other, askedRefund(orderId, { amount: 1 })),
    ]);
    t.like(await findRefund(pool, refundId), { state: 'refunded', providerRefundId: `re_${turn}` });
    t.true(Number(await sumOf(pool, paymentId)) <= 1_250);
  }
  t.deepEqual(await auditDatabase(pool, 60), []);
});
