import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { closeCapture, retryCapture } from '../../../src/db/authorisations/changes.js';
import { countOpenCaptures, owedCaptures } from '../../../src/db/authorisations/owed.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { showPayment } from '../../../src/db/payments/payment-list.js';
import { requestRefund } from '../../../src/db/refunds/request-refund.js';
import type { AskedRefund } from '../../../src/domain/order-refund.js';
import { authorisationOf, authorisingShop, booked } from '../../helpers/authorised.js';
import { rows, stockOf } from '../../helpers/database.js';
import { expiredOrder, lateSales, successors } from '../../helpers/late-sales.js';
import { paymentEvent } from '../payment-events.js';

/** An authorisation that has paid its order: its capture is owed, made once, or refused for good. */

const eventTypes = async (pool: Parameters<typeof rows>[0]) =>
  (await rows(pool, 'SELECT type FROM events WHERE order_id IS NOT NULL ORDER BY position')).map(({ type }) => type);

const refund = (orderId: string, more: Partial<AskedRefund>): AskedRefund => ({
  orderId,
  restock: false,
  reason: null,
  by: 'ann',
  idempotencyKey: JSON.stringify(more),
  ...more,
});

test('an authorisation pays its order at once, and its capture is then owed and made once, however often it is asked for', async (t) => {
  const { pool, desk, worker, authorised, there, fault } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { orderId, reference, amount, authorisation } = await authorised();
  t.like(await there(reference), { status: 'authorised' });
  await receive(authorisation);
  await receive(authorisation);
  t.like((await rows(pool, 'SELECT status, payment_id AS paymentId FROM orders'))[0], {
    status: 'paid',
    paymentId: reference,
  });
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.like(await booked(pool, reference), { status: 'accepted', state: 'authorised', uncaptured: amount });
  t.like(await owedCaptures(pool, { limit: 10 }), [{ paymentId: reference, orderId, amount, attempt: 0 }]);
  t.like(await countOpenCaptures(pool), { owed: 1, failed: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);

  await fault({ capture: { failNext: 1, when: 'before' } });
  await t.throwsAsync(worker.capturePayment(reference));
  t.like(await there(reference), { status: 'authorised' });
  await fault({ capture: { failNext: 1, when: 'after' } });
  await t.throwsAsync(worker.capturePayment(reference), undefined, 'the answer of the capture is lost');
  t.like(await there(reference), { status: 'succeeded', amount });
  t.like(await booked(pool, reference), { state: 'authorised', uncaptured: amount });

  const all = await Promise.all([worker.capturePayment(reference), worker.capturePayment(reference)]);
  t.deepEqual(all, [{ captured: amount }, { captured: amount }]);
  t.deepEqual(await worker.capturePayment(reference), { captured: amount });
  t.like(await booked(pool, reference), { status: 'accepted', state: 'captured', uncaptured: 0 });
  t.deepEqual(await owedCaptures(pool, { limit: 10 }), []);
  t.is(await desk.sweep(), 0);
  t.deepEqual(await eventTypes(pool), ['order.placed', 'order.paid']);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a webhook that reports the capture ends it, also where its answer was lost and where the authorisation comes later', async (t) => {
  const { pool, worker, authorised } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { orderId, reference, amount, currency, authorisation } = await authorised();
  await receive(authorisation);
  const captured = paymentEvent({ provider: 'standard-webhooks', paymentId: reference, orderId, amount, currency });
  await receive(captured);
  await receive(captured);
  t.like(await booked(pool, reference), { status: 'accepted', state: 'captured', uncaptured: 0 });
  t.deepEqual(await worker.capturePayment(reference), { captured: amount });

  const second = await authorised();
  const { reference: paymentId } = second;
  await receive(paymentEvent({ provider: 'standard-webhooks', paymentId, orderId: second.orderId, amount, currency }));
  t.is((await receive(second.authorisation)).as, 'stored');
  t.like(await booked(pool, paymentId), { status: 'accepted', state: null, uncaptured: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a capture that the provider refuses for good leaves the order paid, says so by an event, and waits for a person', async (t) => {
  const { pool, worker, authorised, at } = await authorisingShop(t);
  const { orderId, reference, amount, authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  await at(`/payments/${reference}/expire`);
  const refused = `the authorisation of ${reference} has ended`;
  t.deepEqual(await worker.capturePayment(reference), { captured: 0, refused });
  t.like(await booked(pool, reference), { status: 'accepted', state: 'failed', uncaptured: amount });
  t.like(await countOpenCaptures(pool), { owed: 0, failed: 1 });
  t.is((await rows(pool, 'SELECT status FROM orders'))[0]?.['status'], 'paid');
  t.deepEqual(await stockOf(pool), { available: 9, reserved: 0, sold: 1 });
  t.deepEqual(await eventTypes(pool), ['order.placed', 'order.paid', 'capture.failed']);
  t.deepEqual(await worker.capturePayment(reference), { captured: 0 }, 'the provider is not asked again');
  t.deepEqual(await auditDatabase(pool, 0), []);

  t.like(await requestRefund(pool, refund(orderId, { amount: 1 })), { kind: 'too-much', paid: 0, left: 0 });
  await retryCapture(pool, { paymentId: reference, by: 'ann' });
  t.like(await booked(pool, reference), { state: 'authorised', attempt: 1, failure: null });
  t.deepEqual(await worker.capturePayment(reference), { captured: 0, refused });
  await closeCapture(pool, { paymentId: reference, by: 'ann', note: 'paid by bank transfer' });
  t.like(await countOpenCaptures(pool), { owed: 0, failed: 0 });
  t.like(await showPayment(pool, reference), {
    authorisation: { state: 'closed' },
    changes: [{ action: 'capture' }, { action: 'close', note: 'paid by bank transfer' }],
  });
  const back = await requestRefund(pool, refund(orderId, { lines: [{ sku: 'mug', quantity: 1 }], restock: true }));
  t.like(back, { kind: 'refund', refund: { amount: 0, state: 'returned' } }, 'the units may come back without money');
  t.deepEqual(await stockOf(pool), { available: 10, reserved: 0, sold: 1 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a person retries and closes only captures that are refused', async (t) => {
  const { pool, worker, authorised } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { reference, authorisation } = await authorised();
  const change = { paymentId: reference, by: 'ann', note: 'no' };
  const refused = (message: RegExp) => ({ code: 'change-refused', message });
  await t.throwsAsync(retryCapture(pool, change), refused(/no payment/));
  await receive(authorisation);
  await t.throwsAsync(retryCapture(pool, change), refused(/authorisation that is authorised/));
  await t.throwsAsync(closeCapture(pool, change), refused(/authorisation that is authorised/));
  await worker.capturePayment(reference);
  await t.throwsAsync(retryCapture(pool, change), refused(/authorisation that is captured/));
});

test('while its capture is owed nothing goes back of an order, and afterwards at most what was captured', async (t) => {
  const { pool, worker, authorised, there } = await authorisingShop(t);
  const { orderId, reference, amount, authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  for (const asked of [{ all: true as const, restock: true }, { amount: 1 }]) {
    t.deepEqual(await requestRefund(pool, refund(orderId, asked)), { kind: 'not-captured' });
  }
  await worker.capturePayment(reference);
  const made = await requestRefund(pool, refund(orderId, { all: true }));
  if (made.kind !== 'refund') return t.fail(made.kind);
  await worker.refundOrder(made.refund.refundId);
  t.like(await there(reference), { refunds: [{ amount }] });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('where a person has captured a part in the dashboard, this part is what can go back', async (t) => {
  const { pool, worker, authorised, at, token, providerUrl } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { orderId, reference, amount, currency, authorisation } = await authorised();
  await receive(authorisation);
  t.is((await at(`/payments/${reference}/capture`)).status, 401);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'idempotency-key': 'by hand',
  };
  const body = JSON.stringify({ amount: 400, currency });
  await fetch(`${providerUrl}/payments/${reference}/capture`, { method: 'POST', headers, body });
  t.deepEqual(await worker.capturePayment(reference), { captured: 400 });
  t.like(await booked(pool, reference), { state: 'captured', uncaptured: amount - 400 });
  t.like(await requestRefund(pool, refund(orderId, { amount: 401 })), { kind: 'too-much', paid: 400, left: 400 });
  t.like(await requestRefund(pool, refund(orderId, { amount: 400 })), { kind: 'refund' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an authorisation that comes late buys by a successor, and is captured for it', async (t) => {
  const { pool, worker, at, there } = await authorisingShop(t);
  const { orderId, amount, currency } = await expiredOrder(pool);
  await at('/payments', { orderId, amount, currency, paymentId: 'pay_1', type: 'payment.authorised' });
  const { receive } = createSettlements(pool, { lateSales });
  await receive(authorisationOf({ reference: 'pay_1', orderId, amount, currency }));
  const [sale] = await successors(pool);
  t.like(await owedCaptures(pool, { limit: 10 }), [{ paymentId: 'pay_1', orderId: sale?.successorId }]);
  t.deepEqual(await worker.capturePayment('pay_1'), { captured: amount });
  t.like(await there('pay_1'), { status: 'succeeded' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});
