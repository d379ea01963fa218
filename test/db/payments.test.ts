import test from 'ava';
import { auditDatabase } from '../../src/db/audit/audit.js';
import { findOrder } from '../../src/db/orders/orders.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { closePayment } from '../../src/db/payments/payment-changes.js';
import { showPayment } from '../../src/db/payments/payment-list.js';
import { findPayment, storeEvent } from '../../src/db/payments/payments.js';
import { markRefunded } from '../../src/db/payments/refunds.js';
import { unfinishedPayments } from '../../src/db/payments/unfinished-payments.js';
import { providersPaymentId } from '../../src/domain/payment.js';
import { count, openPool, placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { owe, payFor, paymentEvent } from './payment-events.js';

const soon = { minAgeMs: 0, limit: 100 };

test('a payment is stored with its event, undecided', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const event = paymentEvent({ orderId });
  t.is(await storeEvent(pool, event), 'stored');
  t.deepEqual(await findPayment(pool, event.paymentId), {
    paymentId: event.paymentId,
    provider: 'test',
    orderId,
    amount: 1250,
    currency: 'EUR',
    status: 'received',
    refundReason: null,
    refundId: null,
    toldOrderId: null,
    refundAttempt: 0,
    returnedAmount: 0,
    uncapturedAmount: 0,
  });
  const [stored] = await rows(pool, 'SELECT * FROM payment_events');
  t.like(stored, { provider: 'test', event_id: event.eventId, type: event.type, body_sha256: event.bodySha256 });
});

test('the same event again is a repetition', async (t) => {
  const { pool } = await shopDatabase(t);
  const event = paymentEvent();
  await storeEvent(pool, event);
  t.is(await storeEvent(pool, event), 'repeated');
  t.is(await count(pool, 'payments'), 1);
});

test('the same event ten times at once is stored once', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const event = paymentEvent();
  const pools = [pool, openPool(t, url), openPool(t, url)];
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => storeEvent(pools[index % pools.length] ?? pool, event)),
  );
  t.is(answers.filter((answer) => answer === 'unplaced').length, 1);
  t.is(await count(pool, 'payment_events'), 1);
  t.is(await count(pool, 'payments'), 1);
});

test('the same event id with other bytes is a conflict, and changes nothing', async (t) => {
  const { pool } = await shopDatabase(t);
  const event = paymentEvent();
  await storeEvent(pool, event);
  const forged = paymentEvent({ eventId: event.eventId, paymentId: 'pay-other', amount: 1 });
  await t.throwsAsync(storeEvent(pool, forged), { name: 'DomainError', code: 'event-conflict' });
  t.is(await findPayment(pool, 'pay-other'), undefined);
  t.is(await count(pool, 'payment_events'), 1);
});

test('two providers may use the same event id', async (t) => {
  const { pool } = await shopDatabase(t);
  const answers = ['one', 'other'].map((provider) => storeEvent(pool, paymentEvent({ provider, eventId: 'event-1' })));
  t.deepEqual(await Promise.all(answers), ['unplaced', 'unplaced']);
});

test('the event of a failed payment is stored, and no payment is stored', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const failed = paymentEvent({ orderId, type: 'payment.failed' });
  t.is(await storeEvent(pool, failed), 'stored');
  t.is(await findPayment(pool, failed.paymentId), undefined);
  const { paymentId } = failed;
  await storeEvent(pool, paymentEvent({ orderId, paymentId }));
  t.like(await findPayment(pool, paymentId), { status: 'received' });
});

test('two events for one payment store one payment', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout);
  t.is(await storeEvent(pool, paymentEvent({ paymentId, orderId: checkout.orderId })), 'stored');
  t.like(await findPayment(pool, paymentId), { amount: 1250, status: 'received' });
  t.deepEqual([await count(pool, 'payments'), await count(pool, 'payment_events')], [1, 2]);
});

for (const other of [{ amount: 1 }, { currency: 'USD' }, { orderId: 'another' }]) {
  test(`a payment whose next event has another ${Object.keys(other)} keeps the data of its first event, and the next event is a contradiction`, async (t) => {
    const { pool } = await shopDatabase(t);
    const checkout = await placeOrder(pool);
    const paymentId = await payFor(pool, checkout);
    const before = await findPayment(pool, paymentId);
    const again = paymentEvent({ paymentId, orderId: checkout.orderId, ...other });
    t.is(await storeEvent(pool, again), 'contradicting');
    t.deepEqual(await findPayment(pool, paymentId), before);
    t.deepEqual([await count(pool, 'payments'), await count(pool, 'payment_events')], [1, 2]);
    t.is(await storeEvent(pool, again), 'repeated');
  });
}

test('the same payment id of two providers names two payments, each stored once and refunded by its own id', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const [first, second] = [await placeOrder(pool), await placeOrder(pool)];
  const pools = [pool, openPool(t, url)];
  const eventOf = (provider: string, { orderId }: { orderId: string }) =>
    paymentEvent({ provider, paymentId: 'p-1', orderId });
  await storeEvent(pool, eventOf('one', first));
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => storeEvent(pools[index % 2] ?? pool, eventOf('other', second))),
  );
  t.deepEqual([...new Set(answers)], ['stored']);
  t.is(await storeEvent(pool, eventOf('one', first)), 'stored');
  t.is(await count(pool, 'payments'), 2);
  const [ours, theirs] = [await findPayment(pool, 'p-1'), await findPayment(pool, 'other:p-1')];
  t.like(ours, { provider: 'one', orderId: first.orderId });
  t.like(theirs, { provider: 'other', orderId: second.orderId });
  t.deepEqual(
    [ours, theirs].map((payment) => payment && providersPaymentId(payment)),
    ['p-1', 'p-1'],
  );
  const missing = async () => (await auditDatabase(pool, 0)).filter(({ detail }) => detail.includes('is not there'));
  t.deepEqual(await missing(), []);
  await pool.query("DELETE FROM payments WHERE payment_id = 'other:p-1'");
  t.is((await missing()).length, 6, 'though a payment of this id is there');
});

test("an id that begins with a provider's name does not count as another provider's id", async (t) => {
  const { pool } = await shopDatabase(t);
  const store = async (provider: string, paymentId: string) =>
    await storeEvent(pool, paymentEvent({ provider, paymentId }));
  await store('one', 'p-1');
  await store('other', 'other:p-1');
  await store('other', 'p-1');
  t.deepEqual(
    (await rows(pool, 'SELECT payment_id FROM payments ORDER BY payment_id')).map((row) => row.payment_id),
    ['other:other:p-1', 'other:p-1', 'p-1'],
  );
  await store('third', 'fourth:p-1');
  await t.throwsAsync(store('fourth', 'p-1'), { code: 'event-conflict' });
});

test('another event for a payment does not change the decision', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout);
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  await storeEvent(pool, paymentEvent({ paymentId, orderId: checkout.orderId }));
  t.like(await findPayment(pool, paymentId), { status: 'accepted' });
});

test('a payment for an unknown order is stored as unplaced, and no refund is owed', async (t) => {
  const { pool } = await shopDatabase(t);
  const stray = paymentEvent();
  t.is(await storeEvent(pool, stray), 'unplaced');
  t.is(await storeEvent(pool, stray), 'repeated');
  t.like(await findPayment(pool, stray.paymentId), { status: 'unplaced', refundReason: null, orderId: 'nobody' });
  t.deepEqual(await unfinishedPayments(pool, 'refund_required', soon), []);
});

test('an unplaced payment is assigned to the known order of a later event, and pays this order', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const { orderId } = checkout;
  const paymentId = await payFor(pool, checkout, { orderId: 'the-customer' });
  const later = paymentEvent({ paymentId, orderId });
  t.is(await storeEvent(pool, later), 'stored');
  const { changes, ...payment } = (await showPayment(pool, paymentId)) ?? {};
  t.like(payment, { status: 'received', orderId, toldOrderId: 'the-customer' });
  const [change, ...more] = changes ?? [];
  t.like(change, { action: 'place', statusBefore: 'unplaced', changedBy: 'provider test' });
  t.regex(change?.note ?? '', new RegExp(later.eventId));
  t.deepEqual(more, []);
  t.is(await storeEvent(pool, paymentEvent({ paymentId, orderId })), 'stored', 'and a repetition contradicts nothing');
  t.is((await settleOrder(pool, orderId, { kind: 'payment', paymentId })).order.status, 'paid');
});

test('an unplaced payment is assigned neither to an unknown order nor by an event with another amount', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout, { orderId: 'the-customer' });
  const { orderId } = checkout;
  for (const other of [{ orderId: 'another' }, { orderId, amount: 1 }, { orderId, currency: 'USD' }]) {
    t.is(await storeEvent(pool, paymentEvent({ paymentId, ...other })), 'contradicting', JSON.stringify(other));
  }
  t.like(await showPayment(pool, paymentId), { status: 'unplaced', orderId: 'the-customer', changes: [] });
});

test('a payment whose next event names another known order keeps its order', async (t) => {
  const { pool } = await shopDatabase(t);
  const [checkout, other] = [await placeOrder(pool), await placeOrder(pool)];
  const paymentId = await payFor(pool, checkout);
  t.is(await storeEvent(pool, paymentEvent({ paymentId, orderId: other.orderId })), 'contradicting');
  t.like(await findPayment(pool, paymentId), { status: 'received', orderId: checkout.orderId });
});

test('an event whose reference is the id of no checkout is of another program, and nothing is stored', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId } = await placeOrder(pool);
  const customers = { orderId: '01957a3e-abcd-7000-8000-00000000abcd', byReference: true as const };
  for (const type of ['payment.succeeded', 'payment.failed'] as const) {
    t.is(await storeEvent(pool, paymentEvent({ ...customers, type }), 'refund'), 'foreign');
  }
  t.deepEqual([await count(pool, 'payments'), await count(pool, 'payment_events')], [0, 0]);
  const event = paymentEvent({ orderId, byReference: true });
  t.is(await storeEvent(pool, event), 'stored');
  t.is(await storeEvent(pool, paymentEvent({ ...customers, paymentId: event.paymentId })), 'foreign');
  t.like(await findPayment(pool, event.paymentId), { status: 'received', orderId });
});

test('a payment for an unknown order is to be refunded at once with UNPLACED_PAYMENTS=refund', async (t) => {
  const { pool } = await shopDatabase(t);
  const stray = paymentEvent();
  t.is(await storeEvent(pool, stray, 'refund'), 'stored');
  t.like(await findPayment(pool, stray.paymentId), { status: 'refund_required', refundReason: 'order-unknown' });
  t.deepEqual(
    (await unfinishedPayments(pool, 'refund_required', soon)).map(({ paymentId }) => paymentId),
    [stray.paymentId],
  );
});

test('unfinished payments are the undecided payments or the owed refunds, of at least the given age', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  const accepted = await payFor(pool, checkout);
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId: accepted });
  const refunded = await owe(pool);
  await markRefunded(pool, refunded, 'refund-1');
  const undecided = await payFor(pool, checkout);
  const owed = await owe(pool);
  const fresh = await payFor(pool, checkout);
  const age = (paymentId: string, seconds: number) =>
    pool.query(
      `UPDATE payments SET received_at = UTC_TIMESTAMP(3) - INTERVAL ? SECOND,
         decided_at = IF(decided_at IS NULL, NULL, UTC_TIMESTAMP(3) - INTERVAL ? SECOND) WHERE payment_id = ?`,
      [seconds, seconds, paymentId],
    );
  for (const done of [accepted, refunded]) await age(done, 1200);
  await age(undecided, 600);
  await age(owed, 900);
  const ids = async (status: 'received' | 'refund_required') =>
    (await unfinishedPayments(pool, status, { minAgeMs: 300_000, limit: 10 })).map(({ paymentId }) => paymentId);
  t.deepEqual(await ids('received'), [undecided]);
  t.deepEqual(await ids('refund_required'), [owed]);
  t.true((await unfinishedPayments(pool, 'received', soon)).some(({ paymentId }) => paymentId === fresh));
});

test('a refund is recorded once: the first record stays', async (t) => {
  const { pool } = await shopDatabase(t);
  const stray = await owe(pool);
  await markRefunded(pool, stray, 'refund-1');
  await markRefunded(pool, stray, 'refund-2');
  t.like(await findPayment(pool, stray), { status: 'refunded', refundId: 'refund-1' });
  t.deepEqual(await unfinishedPayments(pool, 'refund_required', soon), []);
});

test('a payment without an owed refund cannot be recorded as refunded', async (t) => {
  const { pool } = await shopDatabase(t);
  const paymentId = await payFor(pool, await placeOrder(pool));
  await markRefunded(pool, paymentId, 'refund-1');
  t.like(await findPayment(pool, paymentId), { status: 'received', refundId: null });
});

test('the order shows the customer an owed refund, and then the refund as made', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  await settleOrder(pool, checkout.orderId, { kind: 'cancel', reason: 'customer-request' });
  const paymentId = await payFor(pool, checkout);
  const refund = async () => (await findOrder(pool, checkout.orderId))?.view.refund;
  t.is(await refund(), 'none');
  await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
  t.is(await refund(), 'required');
  await markRefunded(pool, paymentId, 'refund-1');
  t.is(await refund(), 'refunded');
});

test('an order whose owed refund a person has closed shows neither required nor none', async (t) => {
  const { pool } = await shopDatabase(t);
  const checkout = await placeOrder(pool);
  await settleOrder(pool, checkout.orderId, { kind: 'cancel', reason: 'customer-request' });
  const owed = async () => {
    const paymentId = await payFor(pool, checkout);
    await settleOrder(pool, checkout.orderId, { kind: 'payment', paymentId });
    return paymentId;
  };
  const refund = async () => (await findOrder(pool, checkout.orderId))?.view.refund;
  const [first, second] = [await owed(), await owed()];
  await closePayment(pool, { paymentId: first, by: 'ann', note: 'paid back in cash' });
  t.is(await refund(), 'required', 'the second is owed still');
  await markRefunded(pool, second, 'refund-1');
  t.is(await refund(), 'closed');
  await markRefunded(pool, first, 'refund-2');
  t.is(await refund(), 'refunded', 'a refund that was under way has succeeded');
});
