import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { closeRefund, retryRefund } from '../../../src/db/refunds/refund-changes.js';
import { markOrderRefunded, markOrderRefundFailed } from '../../../src/db/refunds/refund-outcomes.js';
import { rehearseRefund, requestRefund } from '../../../src/db/refunds/request-refund.js';
import { openPool, placeOrder, product, shopDatabase } from '../../helpers/database.js';
import { deliverAll, eventsOf } from '../../helpers/events.js';
import { askedRefund, paidOrder, refundOf } from '../../helpers/refunds.js';

/** What other systems are told about refunds of paid orders. */

const placedAndPaid = ['1 order.placed', '2 order.paid'];

test('a refund of a paid order is required, fails and succeeds, each once, with its units and amounts', async (t) => {
  const { pool } = await shopDatabase(t);
  const { orderId, paymentId } = await paidOrder(pool, { lines: [{ sku: 'mug', quantity: 2 }] });
  const lines = [{ sku: 'mug', quantity: 1 }];
  const asked = askedRefund(orderId, { lines, amount: 1_000, restock: true, reason: 'chipped' });
  await rehearseRefund(pool, asked);
  t.deepEqual(await eventsOf(pool, orderId), placedAndPaid);
  const { refundId } = await refundOf(pool, orderId, asked);
  t.like(await requestRefund(pool, asked), { kind: 'refund', replayed: true });
  await markOrderRefundFailed(pool, { refundId, attempt: 1 }, 'an answer to another attempt');
  for (const why of ['the charge is disputed', 'again']) {
    await markOrderRefundFailed(pool, { refundId, attempt: 0 }, why);
  }
  await retryRefund(pool, { refundId, by: 'ann' });
  for (const id of ['re_1', 're_2']) await markOrderRefunded(pool, refundId, id, 900);
  t.deepEqual(await eventsOf(pool, orderId), [
    ...placedAndPaid,
    '3 refund.required',
    '4 refund.failed',
    '5 refund.required',
    '6 refund.succeeded',
  ]);
  const [required, failed, again, succeeded] = (await deliverAll(pool)).filter(({ type }) => type.startsWith('refund'));
  const orderRefund = { refundId, amount: 1_000, lines, restock: true, reason: 'chipped' };
  const refund = { paymentId, provider: 'test', amount: 1_000, currency: 'EUR', reason: 'operator-request' };
  for (const event of [required, failed, again, succeeded]) {
    t.like(event, { subject: orderId, data: { ...refund, order: { orderId, status: 'paid', amount: 2_500 } } });
    t.deepEqual(event?.data['orderRefund'], orderRefund);
  }
  t.is(failed?.data['failure'], 'the charge is disputed');
  t.like(succeeded?.data, { refundId: 're_1', refundedAmount: 900 });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('units that come back without money have no event, and a closed refund that succeeds has one', async (t) => {
  const { pool } = await shopDatabase(t, [product({ unitPrice: 0 }), product({ sku: 'lamp' })]);
  const free = await placeOrder(pool, { lines: [{ sku: 'mug', quantity: 1 }] });
  await refundOf(pool, free.orderId, { all: true, restock: true });
  t.deepEqual(await eventsOf(pool, free.orderId), placedAndPaid);
  const { orderId } = await paidOrder(pool, { lines: [{ sku: 'lamp', quantity: 1 }] });
  const { refundId } = await refundOf(pool, orderId, { amount: 5 });
  await closeRefund(pool, { refundId, by: 'ann', note: 'in cash' });
  t.deepEqual(await eventsOf(pool, orderId), [...placedAndPaid, '3 refund.required']);
  await markOrderRefunded(pool, refundId, 're_1');
  t.deepEqual(await eventsOf(pool, orderId), [...placedAndPaid, '3 refund.required', '4 refund.succeeded']);
});

test('an outcome, a new request and a second worker at once give each event of the order its own number', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const other = openPool(t, url);
  const { orderId } = await paidOrder(pool);
  for (let turn = 0; turn < 20; turn++) {
    const { refundId } = await refundOf(pool, orderId, { amount: 1 });
    await Promise.all([
      markOrderRefunded(pool, refundId, `re_${turn}`),
      markOrderRefunded(other, refundId, `re_${turn}`),
      markOrderRefundFailed(other, { refundId, attempt: 0 }, 'too late'),
      refundOf(other, orderId, { amount: 1 }),
    ]);
  }
  const events = await eventsOf(pool, orderId);
  t.deepEqual(
    events.map((event) => Number(event.split(' ')[0])),
    events.map((_, index) => index + 1),
  );
  const times = (type: string) => events.filter((event) => event.endsWith(type)).length;
  t.deepEqual([times('refund.required'), times('refund.succeeded')], [40, 20]);
  t.deepEqual(await auditDatabase(pool, 60), []);
});
