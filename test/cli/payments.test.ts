import test, { type ExecutionContext } from 'ava';
import { storeEvent } from '../../src/db/payments/payments.js';
import { markRefundFailed } from '../../src/db/payments/refunds.js';
import { markOrderRefunded, markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import { storeReport } from '../../src/db/reports/store-report.js';
import { accountName } from '../../src/stack/account-name.js';
import { owe, payFor, paymentEvent } from '../db/payment-events.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { paidOrder, refundOf } from '../helpers/refunds.js';
import { closedReport, disputeReport } from '../helpers/reports.js';
import { createDatabase } from '../helpers/servers.js';
import { orders } from './orders.js';

/** `orders payments` as an operator runs it. */

async function books(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const payments = (...args: string[]) => orders(['payments', ...args], { MYSQL_URL: url });
  const statusOf = async (paymentId: string) =>
    (await rows(pool, 'SELECT status FROM payments WHERE payment_id = ?', [paymentId]))[0]?.status;
  return { pool, payments, statusOf };
}

test('payments list prints the payments that wait, by the given filter', async (t) => {
  const { pool, payments } = await books(t);
  const checkout = await placeOrder(pool);
  const received = await payFor(pool, checkout);
  const kept = paymentEvent({ amount: 900, paymentId: 'pay-kept' });
  await storeEvent(pool, kept);
  const owed = await owe(pool);
  const failed = await owe(pool);
  await markRefundFailed(pool, { paymentId: failed, refundAttempt: 0 }, 'the charge is disputed');
  const listed = async (...filters: string[]) => {
    const { code, out } = await payments('list', ...filters, '--json');
    t.is(code, 0);
    return (JSON.parse(out) as { paymentId: string }[]).map(({ paymentId }) => paymentId).toSorted();
  };
  t.deepEqual(await listed('--unplaced'), ['pay-kept']);
  t.deepEqual(await listed('--owed'), [owed, failed].toSorted());
  t.deepEqual(await listed('--open'), [received, 'pay-kept', owed, failed].toSorted());
  const { out } = await payments('list', '--unplaced', '--owed');
  t.regex(out, /^pay-kept {2}unplaced {2}900 EUR, order nobody$/m);
  t.regex(out, /refund: order-unknown, failed: the charge is disputed/);
  t.regex(out, /^3 payments\.$/m);
});

test('payments list --owed names the refunds of paid orders that are owed or refused, below their payment', async (t) => {
  const { pool, payments } = await books(t);
  const { orderId, paymentId } = await paidOrder(pool);
  const owed = await refundOf(pool, orderId, { amount: 300 });
  const failed = await refundOf(pool, orderId, { amount: 200 });
  const made = await refundOf(pool, orderId, { amount: 100 });
  await markOrderRefundFailed(pool, failed, 'the charge is disputed');
  await markOrderRefunded(pool, made.refundId, 're_1');
  for (const filter of ['--owed', '--open']) {
    const { out } = await payments('list', filter, '--json');
    const [payment, ...others] = JSON.parse(out) as { paymentId: string; openRefunds: { refundId: string }[] }[];
    t.deepEqual(others, []);
    t.is(payment?.paymentId, paymentId);
    const open = payment?.openRefunds.map(({ refundId }) => refundId);
    t.deepEqual(open, [owed.refundId, failed.refundId]);
  }
  const { out } = await payments('list', '--owed');
  t.regex(out, new RegExp(`^    refund ${owed.refundId}  required  3\\.00 EUR`, 'm'));
  t.regex(out, /failed: the charge is disputed$/m);
  t.is((await payments('list', '--unplaced')).out, '0 payments.\n');
});

test('payments list --open names a payment that is disputed, and show its dispute also after the end', async (t) => {
  const { pool, payments } = await books(t);
  const { paymentId } = await paidOrder(pool);
  await paidOrder(pool);
  await storeReport(pool, disputeReport({ paymentId, disputeId: 'dp_1', reason: 'fraudulent' }));
  const { out } = await payments('list', '--open');
  t.regex(out, /^ {4}dispute dp_1 {2}open {2}12\.50 EUR, opened .*, a person answers at the provider: fraudulent$/m);
  t.regex(out, /^1 payment\.$/m);
  t.is((await payments('list', '--owed')).out, '0 payments.\n');
  await storeReport(pool, closedReport({ paymentId, disputeId: 'dp_1' }, 'lost'));
  t.is((await payments('list', '--open')).out, '0 payments.\n');
  t.regex((await payments('show', paymentId)).out, /^dispute: +dp_1 {2}lost {2}12\.50 EUR, .*, closed /m);
});

test('payments place assigns an unplaced payment to its order, whose id may be in capitals', async (t) => {
  const { pool, payments, statusOf } = await books(t);
  const checkout = await placeOrder(pool);
  const paymentId = await payFor(pool, checkout, { orderId: 'order-17' });
  const none = checkout.orderId.replace(/^......../, '00000000');
  const unknown = await payments('place', paymentId, '--order', none);
  t.deepEqual([unknown.code, unknown.out], [1, `not changed: There is no order ${none}.\n`]);
  for (const order of ['order-18', 'заказ', ' ']) {
    const wrong = await payments('place', paymentId, '--order', order);
    t.is(wrong.code, 1);
    t.regex(wrong.err, /'--order <order>'.*Expected the id of an order: a UUID/);
  }
  t.is(await statusOf(paymentId), 'unplaced');
  const { code, out } = await payments(
    'place',
    `${paymentId} `,
    '--order',
    `${checkout.orderId.toUpperCase()} `,
    '--by',
    'ann',
  );
  t.is(code, 0, out);
  t.regex(out, new RegExp(`^payment ${paymentId} is for order ${checkout.orderId} now\\.`));
  t.is(await statusOf(paymentId), 'received');
  const stored = await rows(pool, 'SELECT payment_id, CONCAT(order_id) AS order_id FROM payments');
  t.deepEqual(stored, [{ payment_id: paymentId, order_id: checkout.orderId }]);
  t.regex((await payments('show', 'платёж')).err, /Expected the id of a payment/);
  const shown = await payments('show', paymentId);
  t.regex(shown.out, /toldOrderId: +order-17\n/);
  t.regex(shown.out, /place by ann, was unplaced\n$/);
});

test('payments refund marks each payment that it can, names each other payment, and then exits 1', async (t) => {
  const { pool, payments, statusOf } = await books(t);
  const kept = paymentEvent();
  await storeEvent(pool, kept);
  const { code, out } = await payments('refund', 'nothing', kept.paymentId);
  t.is(code, 1);
  t.regex(out, /^not changed: There is no payment nothing\.\n/);
  t.regex(out, new RegExp(`payment ${kept.paymentId} is marked for refund`));
  t.is(await statusOf(kept.paymentId), 'refund_required');
});

test('payments close requires a note, and stores the note', async (t) => {
  const { pool, payments, statusOf } = await books(t);
  const paymentId = await owe(pool);
  for (const note of [[], ['--note', ' '], ['--note', 'x'.repeat(1001)]]) {
    const { code, err } = await payments('close', paymentId, ...note);
    t.is(code, 1);
    t.regex(err, /--note/);
  }
  t.is(await statusOf(paymentId), 'refund_required');
  t.is((await payments('close', paymentId, '--note', 'paid back by hand', '--by', 'ann')).code, 0);
  t.is(await statusOf(paymentId), 'closed');
  const shown = JSON.parse((await payments('show', paymentId, '--json')).out) as { changes: object[] };
  t.like(shown.changes[0], { action: 'close', changedBy: 'ann', note: 'paid back by hand' });
});

test('payments show exits 1 for an unknown payment, and names the missing migrations of a database without the schema', async (t) => {
  const { payments } = await books(t);
  const { code, out } = await payments('show', 'nothing');
  t.deepEqual([code, out.split('\n')[0]?.startsWith('There is no payment nothing')], [1, true]);
  const { url } = await createDatabase(t);
  const empty = await orders(['payments', 'list'], { MYSQL_URL: url });
  t.is(empty.code, 1);
  t.regex(empty.err, /lacks .*0007-kept-payments.* orders migrate/);
});

test('an account without a name on this machine is named by its number', (t) => {
  const nameless = () => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)');
  };
  t.regex(accountName(nameless), /^uid \d+$/);
  t.is(
    accountName(() => ({ username: 'ann' })),
    'ann',
  );
});
