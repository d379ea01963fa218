import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { countOwedRefunds } from '../../../src/db/payments/owed-refunds.js';
import { showPayment } from '../../../src/db/payments/payment-list.js';
import { countWaitingForPerson } from '../../../src/db/payments/unplaced-payments.js';
import { openRefunds, requiredRefunds } from '../../../src/db/refunds/open-refunds.js';
import { closeRefund, retryRefund } from '../../../src/db/refunds/refund-changes.js';
import { findRefund, markOrderRefunded, markOrderRefundFailed } from '../../../src/db/refunds/refund-outcomes.js';
import { shopDatabase } from '../../helpers/database.js';
import { paidOrder, refundOf } from '../../helpers/refunds.js';

test('a refund is owed until the provider has made it, once', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  t.is((await countOwedRefunds(pool)).count, 1);
  await markOrderRefunded(pool, refundId, 're_1');
  await markOrderRefunded(pool, refundId, 're_2', 100);
  t.like(await findRefund(pool, refundId), { state: 'refunded', providerRefundId: 're_1', refundedAmount: null });
  t.is((await countOwedRefunds(pool)).count, 0);
  t.deepEqual(await openRefunds(pool), []);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('a refund that is refused for good waits for a person, who asks again under a new key', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  await markOrderRefundFailed(pool, { refundId, attempt: 1 }, 'an answer to another attempt');
  t.like(await findRefund(pool, refundId), { state: 'required' });
  await markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'the charge is disputed');
  t.like(await findRefund(pool, refundId), { state: 'failed', failure: 'the charge is disputed' });
  t.is((await countWaitingForPerson(pool)).refundFailed, 1);
  t.deepEqual(await requiredRefunds(pool, { limit: 10 }), []);
  await pool.query('UPDATE order_refunds SET required_at = required_at - INTERVAL 1 DAY');
  await retryRefund(pool, { refundId, by: 'ann', note: 'asked by mail' });
  t.true((await countOwedRefunds(pool)).oldestSeconds < 3_600, 'its age is of this attempt');
  await t.throwsAsync(retryRefund(pool, { refundId, by: 'bob' }), { code: 'change-refused', message: /is required/ });
  t.like((await requiredRefunds(pool, { limit: 10 }))[0], { refundId, attempt: 1, failure: null });
  const change = { action: 'refund', orderRefundId: refundId, statusBefore: 'failed', changedBy: 'ann' } as const;
  t.like((await showPayment(pool, paymentId))?.changes[0], change);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('a refund that a person has closed stays counted, and is recorded when it succeeds after all', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 1_000 });
  await closeRefund(pool, { refundId, by: 'ann', note: 'paid back in cash' });
  t.deepEqual(await auditDatabase(pool, 60), []);
  t.like(await refundOf(pool, orderId, { all: true }), { amount: 250 });
  await markOrderRefunded(pool, refundId, 're_1');
  t.like(await findRefund(pool, refundId), { state: 'refunded' });
  await t.throwsAsync(closeRefund(pool, { refundId, by: 'bob', note: 'again' }), { code: 'change-refused' });
});

test('pages of owed refunds follow one another', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await paidOrder(pool);
  const ids: string[] = [];
  for (let amount = 1; amount <= 3; amount++) ids.push((await refundOf(pool, orderId, { amount })).refundId);
  const first = await requiredRefunds(pool, { limit: 2 });
  const rest = await requiredRefunds(pool, { limit: 2, after: first.at(-1) });
  t.deepEqual(
    [...first, ...rest].map(({ refundId }) => refundId),
    ids,
  );
});
