import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { markCaptured, markVoided } from '../../../src/db/authorisations/outcomes.js';
import { startClosing } from '../../../src/db/begun/outcomes.js';
import { findOrder } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { closePayment, refundPayment } from '../../../src/db/payments/payment-changes.js';
import { storeEvent } from '../../../src/db/payments/payments.js';
import { authorisationOf, authorisingShop, booked } from '../../helpers/authorised.js';
import { begunRows, makeAllDue, passDeadline } from '../../helpers/begun.js';
import { openPool, placeOrder, rows, stockOf } from '../../helpers/database.js';
import { paymentEvent } from '../payment-events.js';

/** An authorisation that its order does not accept is given up: no money moves. */

const expired = { kind: 'expired' } as const;
const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

test('an authorisation for an order that has ended is voided once, also where the answer is lost, and no money moves', async (t) => {
  const { pool, worker, authorised, there, fault } = await authorisingShop(t);
  const { orderId, reference, amount, authorisation } = await authorised();
  await settleOrder(pool, orderId, cancel);
  await createSettlements(pool).receive(authorisation);
  t.like(await booked(pool, reference), { status: 'refund_required', reason: 'order-canceled', uncaptured: amount });
  t.is((await findOrder(pool, orderId))?.view.refund, 'required');
  t.deepEqual(await worker.capturePayment(reference), { captured: 0 }, 'an ended order captures nothing');
  t.like(await worker.settleOrder(orderId, { kind: 'payment', paymentId: reference }), {
    refund: { paymentId: reference, voids: true },
  });

  await fault({ void: { failNext: 1, when: 'after' } });
  await t.throwsAsync(worker.refundPayment(reference));
  t.like(await there(reference), { status: 'canceled', refunds: [] });
  t.deepEqual(await worker.refundPayment(reference), { refundId: null, voided: true });
  t.deepEqual(await worker.refundPayment(reference), { refundId: null });
  t.like(await booked(pool, reference), { status: 'voided', state: 'voided', uncaptured: amount });
  t.is((await findOrder(pool, orderId))?.view.refund, 'voided');
  const events = await rows(pool, "SELECT type, data FROM events WHERE type LIKE 'refund.%' ORDER BY position");
  t.deepEqual(
    events.map(({ type, data }) => [type, JSON.parse(String(data)).voided]),
    [
      ['refund.required', undefined],
      ['refund.succeeded', true],
    ],
  );
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an authorisation of another amount is voided, and the order stays payable', async (t) => {
  const { pool, worker, at, there } = await authorisingShop(t);
  const { orderId, amount, currency } = await placeOrder(pool);
  const authorised = { reference: 'pay_1', orderId, amount: amount + 1, currency };
  const { reference: paymentId, ...more } = authorised;
  await at('/payments', { ...more, paymentId, type: 'payment.authorised' });
  await createSettlements(pool).receive(authorisationOf(authorised));
  t.like(await booked(pool, paymentId), { status: 'refund_required', reason: 'amount-mismatch' });
  t.deepEqual(await worker.refundPayment(paymentId), { refundId: null, voided: true });
  t.like(await there(paymentId), { status: 'canceled' });
  t.is((await findOrder(pool, orderId))?.view.status, 'placed');
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('money that was captured before its void is refunded', async (t) => {
  const { pool, worker, authorised, there, token, providerUrl } = await authorisingShop(t);
  const { orderId, reference, amount, currency, authorisation } = await authorised();
  await settleOrder(pool, orderId, cancel);
  await createSettlements(pool).receive(authorisation);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'idempotency-key': 'by hand',
  };
  const body = JSON.stringify({ amount: 400, currency });
  await fetch(`${providerUrl}/payments/${reference}/capture`, { method: 'POST', headers, body });
  await t.throwsAsync(worker.refundPayment(reference), { message: /400 of .* was captured, and is refunded next/ });
  t.like(await booked(pool, reference), { status: 'refund_required', state: 'captured', uncaptured: amount - 400 });
  t.regex((await worker.refundPayment(reference)).refundId ?? '', /^ref_/);
  t.like(await there(reference), { status: 'succeeded', refunds: [{ amount: 400 }] });
  t.like(await booked(pool, reference), { status: 'refunded' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a payment that counts as voided and is reported as captured after all goes back', async (t) => {
  const { pool, authorised } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { orderId, reference, amount, currency, authorisation } = await authorised();
  await settleOrder(pool, orderId, cancel);
  await receive(authorisation);
  await markVoided(pool, reference);
  await receive(paymentEvent({ provider: 'standard-webhooks', paymentId: reference, orderId, amount, currency }));
  t.like(await booked(pool, reference), { status: 'refund_required', state: 'captured', uncaptured: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an accepted authorisation is not voided, and no amount is captured beyond the authorised one', async (t) => {
  const { pool, authorised } = await authorisingShop(t);
  const { reference, amount, authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  await markVoided(pool, reference);
  t.like(await booked(pool, reference), { status: 'accepted', state: 'authorised' });
  await markCaptured(pool, reference, amount + 1);
  await markCaptured(pool, reference, 1);
  t.like(await booked(pool, reference), { status: 'accepted', state: 'captured', uncaptured: 0 });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an authorisation for an unknown order waits for a person, who voids it or closes it', async (t) => {
  const { pool, worker, at, there } = await authorisingShop(t);
  for (const reference of ['pay_1', 'pay_2']) {
    const unknown = { orderId: '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', amount: 500, currency: 'EUR' };
    await at('/payments', { ...unknown, paymentId: reference, type: 'payment.authorised' });
    await createSettlements(pool).receive(authorisationOf({ ...unknown, reference }));
    t.like(await booked(pool, reference), { status: 'unplaced', state: 'authorised' });
  }
  await refundPayment(pool, { paymentId: 'pay_1', by: 'ann' });
  t.deepEqual(await worker.refundPayment('pay_1'), { refundId: null, voided: true });
  t.like(await there('pay_1'), { status: 'canceled' });
  await closePayment(pool, { paymentId: 'pay_2', by: 'ann', note: 'of another shop' });
  t.like(await booked(pool, 'pay_2'), { status: 'closed', state: 'closed' });
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('at the deadline an authorised payment pays its order', async (t) => {
  const { pool, desk, authorised, there } = await authorisingShop(t);
  const { orderId, reference } = await authorised();
  await passDeadline(pool, orderId);
  t.deepEqual(await desk.closeOf(orderId), { closed: 0, paid: 1, processing: 0 });
  t.like(await settleOrder(pool, orderId, expired), { order: { status: 'paid', paymentId: reference } });
  t.like(await there(reference), { status: 'authorised' });
  t.deepEqual(await begunRows(pool), [{ state: 'paid', reference, isOpen: null, paymentId: reference }]);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('an authorisation that arrives while its payment is being closed pays no order, and is voided', async (t) => {
  const { pool, desk, worker, authorised, there } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { orderId, reference, authorisation } = await authorised();
  const [row] = await rows(pool, 'SELECT begun_id AS begunId FROM begun_payments');
  const begunId = String(row?.['begunId']);
  t.true(await startClosing(pool, { begunId }));
  t.true(await startClosing(pool, { begunId }), 'a process that died is followed by another one');
  await receive(authorisation);
  t.like(await booked(pool, reference), { status: 'refund_required', reason: 'payment-closed', state: 'authorised' });
  t.like(await begunRows(pool), [{ state: 'begun', isOpen: 1 }]);
  t.like(await worker.refundPayment(reference), { voided: true });
  t.like(await there(reference), { status: 'canceled' });
  await makeAllDue(pool);
  t.is(await desk.sweep(), 1);
  t.like(await begunRows(pool), [{ state: 'closed' }]);
  t.is((await findOrder(pool, orderId))?.view.status, 'placed', 'the order may be paid in another way');
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('of a close and an authorisation at the same time, one decides: both processes then agree', async (t) => {
  const { pool, databaseUrl, authorised } = await authorisingShop(t);
  const others = [await openPool(t, databaseUrl), await openPool(t, databaseUrl)] as const;
  for (let round = 0; round < 10; round++) {
    const { reference, authorisation } = await authorised();
    const [row] = await rows(pool, 'SELECT begun_id AS begunId FROM begun_payments WHERE reference = ?', [reference]);
    const [isClosing] = await Promise.all([
      startClosing(others[0], { begunId: String(row?.['begunId']) }),
      round % 2 === 0 ? createSettlements(others[1]).receive(authorisation) : storeEvent(others[1], authorisation),
    ]);
    const { status } = (await booked(pool, reference)) ?? {};
    t.is(status === 'refund_required', isClosing, `round ${round}`);
    if (isClosing) await markVoided(pool, reference);
    else await settleOrder(pool, authorisation.orderId, { kind: 'payment', paymentId: reference });
  }
  const { reserved, available, sold } = await stockOf(pool);
  t.is(available + reserved + sold, 10);
  t.deepEqual(
    (await auditDatabase(pool, 60)).filter(({ detail }) => !detail.includes('is open')),
    [],
  );
});
