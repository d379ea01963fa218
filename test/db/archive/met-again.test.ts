import test, { type ExecutionContext } from 'ava';
import { archiveOrders } from '../../../src/db/archive/archive-orders.js';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { statusOf } from '../../../src/db/audit/status-of.js';
import { knownOrders } from '../../../src/db/checkouts/known-orders.js';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { listOrders } from '../../../src/db/orders/order-list.js';
import { readOrderRecord } from '../../../src/db/orders/order-record.js';
import { findOrder, recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { placePayment } from '../../../src/db/payments/payment-changes.js';
import { showPayment } from '../../../src/db/payments/payment-list.js';
import { findPayment, storeEvent } from '../../../src/db/payments/payments.js';
import { closeRefund } from '../../../src/db/refunds/refund-changes.js';
import { findRefund, markOrderRefunded } from '../../../src/db/refunds/refund-outcomes.js';
import { rehearseRefund, requestRefund } from '../../../src/db/refunds/request-refund.js';
import type { PaymentEvent } from '../../../src/domain/payment.js';
import { archiveAll, deliverEverything, now, sizes } from '../../helpers/archive.js';
import { checkoutRequest, placeOrder, product, rows, shopDatabase, stockOf } from '../../helpers/database.js';
import { deliverAll } from '../../helpers/events.js';
import { askedRefund, refundOf } from '../../helpers/refunds.js';
import { payFor, paymentEvent } from '../payment-events.js';
import { watchedPool } from '../watched-pool.js';

/** What comes for an order that is archived is recognised, and moves no money and no stock twice. */

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const all = { ofArchive: 'all' } as const;

/** An archived order that was paid, and one that was canceled, each with what was sent for it. */
async function archivedShop(t: ExecutionContext) {
  const { pool } = await shopDatabase(t, [product({ stock: 100 })]);
  const request = checkoutRequest({ reference: 'A-1', metadata: { cart: 'c-1' } });
  const [reserved] = await reserve(pool, [request], 60_000);
  if (reserved?.kind !== 'reserved') throw new Error('not reserved');
  const paid = reserved.checkout;
  const event = paymentEvent({ orderId: paid.orderId });
  const { receive } = createSettlements(pool);
  await receive(event);
  const canceled = await placeOrder(pool);
  await settleOrder(pool, canceled.orderId, cancel);
  await deliverEverything(pool);
  t.is((await archiveAll(pool)).length, 2);
  return { pool, receive, request, paid, event, canceled };
}

async function isClean(t: ExecutionContext, pool: Pool): Promise<void> {
  t.deepEqual(await auditDatabase(pool, 30, all), []);
  t.is((await stockOf(pool)).sold, 1);
}

test('its customer, an operator and the bridge read it as before', async (t) => {
  const { pool, paid, canceled, event } = await archivedShop(t);
  const found = await findOrder(pool, paid.orderId);
  t.is(found?.readToken, paid.readToken);
  t.like(found?.view, { status: 'paid', reference: 'A-1', metadata: { cart: 'c-1' }, amount: 1250 });
  t.like(await readOrderRecord(pool, paid.orderId), {
    archived: true,
    status: 'paid',
    payments: [{ status: 'accepted' }],
  });
  t.deepEqual(await knownOrders(pool, [canceled.orderId, 'x', paid.orderId]), [true, false, true]);
  t.deepEqual([...(await statusOf(pool, [paid.orderId, canceled.orderId])).values()].toSorted(), ['canceled', 'paid']);
  t.like(await showPayment(pool, event.paymentId), { orderId: paid.orderId, status: 'accepted' });
  t.like(await findPayment(pool, event.paymentId), { orderId: paid.orderId });
  t.deepEqual((await listOrders(pool, {}, { limit: 9 })).orders, []);
  for (const filters of [{}, { reference: 'A-1' }, { sku: 'mug' }, { status: 'paid' }, { customer: 7 }] as const) {
    const { orders } = await listOrders(pool, { ...filters, archived: true }, { limit: 9 });
    t.true(
      orders.some(({ orderId }) => orderId === paid.orderId),
      JSON.stringify(filters),
    );
  }
  await isClean(t, pool);
});

test('its idempotency key gets the same answer and sells nothing, and its reference is taken', async (t) => {
  const { pool, request, paid } = await archivedShop(t);
  const [again] = await reserve(pool, [{ ...request, orderId: checkoutRequest().orderId }], 60_000);
  t.like(again, { kind: 'reserved', replayed: true, checkout: { orderId: paid.orderId, readToken: paid.readToken } });
  const other = { ...request, orderId: checkoutRequest().orderId, fingerprint: Buffer.alloc(32) };
  t.deepEqual(await reserve(pool, [other], 60_000), [{ kind: 'key-reused' }]);
  t.like(await reserve(pool, [checkoutRequest({ reference: 'A-1' })], 60_000), [
    { kind: 'reference-used', orderId: paid.orderId },
  ]);
  t.is((await stockOf(pool)).reserved, 0);
  await isClean(t, pool);
});

test('a message records it not again, and its timer, a cancel and a move of its deadline find the end', async (t) => {
  const { pool, paid, canceled } = await archivedShop(t);
  t.like(await recordOrders(pool, [paid.orderId, canceled.orderId, 'x']), [
    { status: 'paid' },
    { status: 'canceled' },
    undefined,
  ]);
  t.is((await sizes(pool, 'shop'))['orders'], 0);
  t.like(await settleOrder(pool, paid.orderId, cancel), { order: { status: 'paid' }, refund: null });
  t.like(await settleOrder(pool, canceled.orderId, { kind: 'expired' }), { order: { status: 'canceled' } });
  const asked = { to: new Date(Date.now() + 60_000), by: 'shop' as const };
  t.deepEqual(await moveDeadline(pool, canceled.orderId, asked, 3_600_000), { kind: 'ended', status: 'canceled' });
  t.is((await archiveAll(pool)).length, 2, 'the next run takes them again');
  await isClean(t, pool);
});

test('a repeated event changes nothing, and with other bytes it is refused', async (t) => {
  const { pool, receive, event, paid } = await archivedShop(t);
  t.is((await receive(event)).as, 'repeated');
  await deliverEverything(pool);
  await archiveAll(pool);
  const forged = { ...event, bodySha256: Buffer.alloc(32) };
  await t.throwsAsync(() => receive(forged), { code: 'event-conflict' });
  await t.throwsAsync(() => receive({ ...forged, orderId: 'another' }), { code: 'event-conflict' });
  // Several events share a transaction.
  const both = await Promise.all([receive(event), receive(paymentEvent({ orderId: 'unknown' })), receive(event)]);
  t.deepEqual(
    both.map(({ as }) => as),
    ['repeated', 'unplaced', 'repeated'],
  );
  t.like(await findPayment(pool, event.paymentId), { status: 'accepted', orderId: paid.orderId });
  await isClean(t, pool);
});

for (const alone of [true, false]) {
  test(`a late payment goes back, ${alone ? 'alone' : 'among others'}, and then the order is archived again`, async (t) => {
    const { pool, receive, paid, canceled } = await archivedShop(t);
    const late = [paid, canceled].map(({ orderId }) => paymentEvent({ orderId }));
    const events = alone ? late : [...late, paymentEvent({ orderId: (await placeOrder(pool)).orderId })];
    if (alone) for (const event of events) t.is((await receive(event)).as, 'stored');
    else t.deepEqual(new Set((await Promise.all(events.map(receive))).map(({ as }) => as)), new Set(['stored']));
    const [second, first] = await Promise.all(late.map(({ paymentId }) => findPayment(pool, paymentId)));
    t.like(second, { status: 'refund_required', refundReason: 'order-already-paid', orderId: paid.orderId });
    t.like(first, { status: 'refund_required', refundReason: 'order-canceled' });
    const required = (await deliverAll(pool)).filter(({ type }) => type === 'refund.required');
    t.deepEqual(required.map(({ subject }) => subject).toSorted(), [paid.orderId, canceled.orderId].toSorted());
    t.deepEqual(await archiveAll(pool), [], 'what is owed keeps them');
    await pool.query(
      `UPDATE payments SET status = 'refunded', refund_id = CONCAT('re_', payment_id), refunded_at = UTC_TIMESTAMP(3)
       WHERE status = 'refund_required'`,
    );
    await deliverEverything(pool);
    t.is((await archiveAll(pool)).length, events.length);
    t.deepEqual(await auditDatabase(pool, 30, all), []);
  });
}

test('the payment of an archived order pays no other order', async (t) => {
  const { pool, receive, event } = await archivedShop(t);
  const other = await placeOrder(pool);
  const stolen = paymentEvent({ paymentId: event.paymentId, orderId: other.orderId });
  t.is((await receive(stolen)).as, 'contradicting');
  t.is((await findOrder(pool, other.orderId))?.view.status, 'placed');
  await isClean(t, pool);
});

test('the payments of a group pay no other orders where an archived order has them', async (t) => {
  const { pool, receive, event } = await archivedShop(t);
  const others = await Promise.all([1, 2, 3].map(() => placeOrder(pool)));
  const [stolen, ...honest] = others.map(({ orderId }, index) =>
    paymentEvent({ orderId, ...(index === 0 && { paymentId: event.paymentId }) }),
  );
  const answers = await Promise.all([...honest, stolen as PaymentEvent].map(receive));
  t.deepEqual(
    answers.map(({ as }) => as),
    ['stored', 'stored', 'contradicting'],
  );
  t.is((await findOrder(pool, others[0]?.orderId ?? ''))?.view.status, 'placed');
  t.deepEqual(await auditDatabase(pool, 30, all), []);
});

test('a payment that is stored while its order is being archived is refused for now, and not stored twice', async (t) => {
  const { pool } = await shopDatabase(t);
  const order = await placeOrder(pool);
  const event = paymentEvent({ orderId: order.orderId });
  await storeEvent(pool, event);
  await settleOrder(pool, order.orderId, { kind: 'payment', paymentId: event.paymentId });
  await deliverEverything(pool);
  const another = paymentEvent({ paymentId: event.paymentId, orderId: 'another' });
  const racing = watchedPool(pool, {
    // The order is archived between the look and the write.
    before: async (sql) => {
      if (sql.startsWith('INSERT INTO payment_events')) await archiveOrders(pool, [order.orderId], now());
    },
  });
  await t.throwsAsync(() => storeEvent(racing, another), { code: 'dependency-unavailable' });
  t.is((await rows(pool, 'SELECT 1 FROM archived_payments')).length, 1);
  t.is(await storeEvent(pool, another), 'contradicting');
  t.deepEqual(await auditDatabase(pool, 0, all), []);
});

test('a refund request brings it back, a rehearsal does not, and a key is used once across both places', async (t) => {
  const { pool, paid } = await archivedShop(t);
  const asked = askedRefund(paid.orderId, { amount: 200 });
  t.like(await rehearseRefund(pool, asked), { kind: 'refund', refund: { amount: 200 } });
  t.is((await sizes(pool, 'archive'))['orders'], 2);
  t.like(await requestRefund(pool, asked), { kind: 'refund', replayed: false });
  const { refundId } = await refundOf(pool, paid.orderId, { amount: 300, idempotencyKey: 'second' });
  for (const { id } of await rows(pool, 'SELECT refund_id AS id FROM order_refunds'))
    await markOrderRefunded(pool, String(id), `re_${id}`);
  await deliverEverything(pool);
  t.deepEqual(await archiveAll(pool), [paid.orderId]);
  t.like(await requestRefund(pool, asked), { kind: 'refund', replayed: true, refund: { state: 'refunded' } });
  t.deepEqual(await archiveAll(pool), [paid.orderId]);
  const other = await placeOrder(pool);
  const paymentId = await payFor(pool, other);
  await settleOrder(pool, other.orderId, { kind: 'payment', paymentId });
  const taken = askedRefund(other.orderId, { amount: 300, idempotencyKey: 'second' });
  t.deepEqual(await requestRefund(pool, taken), { kind: 'key-reused' });
  t.like(await findRefund(pool, refundId), { state: 'refunded' });
  const close = { refundId, by: 'ann', note: 'x' };
  await t.throwsAsync(() => closeRefund(pool, close), { message: /is refunded/ });
  await markOrderRefunded(pool, refundId, 'again');
  await deliverEverything(pool);
  t.deepEqual(await auditDatabase(pool, 30, all), []);
});

test('an unplaced payment is not given to it', async (t) => {
  const { pool, canceled } = await archivedShop(t);
  const kept: PaymentEvent = paymentEvent({ orderId: 'another' });
  await storeEvent(pool, kept);
  const placing = placePayment(pool, { paymentId: kept.paymentId, orderId: canceled.orderId, by: 'ann' });
  await t.throwsAsync(placing, { message: `Order ${canceled.orderId} is canceled; it takes no payment.` });
});

test('an event of it that is delivered late still has what was bought and paid', async (t) => {
  const { pool, paid, event } = await archivedShop(t);
  await pool.query("UPDATE events SET delivered_at = NULL WHERE order_id = ? AND type = 'order.paid'", [paid.orderId]);
  const [delivered] = await deliverAll(pool);
  t.like(delivered?.data, { orderId: paid.orderId, status: 'paid', reference: 'A-1', paymentId: event.paymentId });
});
