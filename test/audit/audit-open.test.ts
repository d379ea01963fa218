import test from 'ava';
import { auditCommand } from '../../src/cli/audit-command.js';
import { countOwedRefunds } from '../../src/db/payments/owed-refunds.js';
import { closePayment } from '../../src/db/payments/payment-changes.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../../src/db/payments/refunds.js';
import { countWaitingForPerson } from '../../src/db/payments/unplaced-payments.js';
import { closeRefund } from '../../src/db/refunds/refund-changes.js';
import { markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import { owe, paymentEvent } from '../db/payment-events.js';
import { shopDatabase } from '../helpers/database.js';
import { paidOrder, refundOf } from '../helpers/refunds.js';
import { taskQueue, temporal } from '../helpers/servers.js';

/** The audit reports owed refunds as open, and not as broken invariants. */

/** No order here is open and published, so the audit does not need the broker. */
const elsewhere = () => ({
  AMQP_URL: 'amqp://127.0.0.1:1/',
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_TASK_QUEUE: taskQueue(),
});

test('an owed refund is reported as open until it is made, and breaks no invariant', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const audited = async (json: boolean): Promise<{ holds: boolean; output: string }> => {
    const lines: string[] = [];
    const holds = await auditCommand(
      { ...elsewhere(), MYSQL_URL: url },
      { json, say: (line) => void lines.push(line) },
    );
    return { holds, output: lines.join('\n') };
  };
  const { paymentId, ...event } = paymentEvent({ provider: 'bank', amount: 700, orderId: 'nobody' });
  await storeEvent(pool, { ...event, paymentId }, 'refund');
  await pool.query('UPDATE payments SET decided_at = decided_at - INTERVAL 90 SECOND');

  const { count, oldestSeconds } = await countOwedRefunds(pool);
  t.is(count, 1);
  t.true(oldestSeconds >= 90 && oldestSeconds < 300, `${oldestSeconds} s`);
  const owed = /700 EUR for order nobody \(order-unknown\), owed by bank for (9\d|[12]\d\d) s/;
  const words = await audited(false);
  t.true(words.holds);
  t.regex(words.output, new RegExp(`open.*payment ${paymentId}.*${owed.source}`));
  const report = JSON.parse((await audited(true)).output) as {
    ok: boolean;
    open: { subject: string; detail: string }[];
  };
  t.true(report.ok);
  t.is(report.open[0]?.subject, `payment ${paymentId}`);
  t.regex(report.open[0]?.detail ?? '', owed);

  await markRefunded(pool, paymentId, 'refund-1');
  t.notRegex((await audited(false)).output, new RegExp(paymentId));
  t.deepEqual(await countOwedRefunds(pool), { count: 0, oldestSeconds: 0 });
});

test('a refund of a paid order is reported as open until it is made or closed, and breaks no invariant', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const openNow = async (): Promise<readonly { subject: string; detail: string }[]> => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    t.true(await auditCommand({ ...elsewhere(), MYSQL_URL: url }, { json: true, say }));
    return (JSON.parse(lines.join('\n')) as { open: { subject: string; detail: string }[] }).open;
  };
  const { orderId } = await paidOrder(pool);
  const { refundId } = await refundOf(pool, orderId, { amount: 500 });
  const [owed] = await openNow();
  t.is(owed?.subject, `refund ${refundId}`);
  t.regex(owed?.detail ?? '', new RegExp(`^500 EUR of order ${orderId}, which was paid: owed for \\d+ s$`));
  await markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'the charge is disputed');
  t.regex((await openNow())[0]?.detail ?? '', /cannot go back, a person decides: the charge is disputed$/);
  await closeRefund(pool, { refundId, by: 'ann', note: 'by hand' });
  t.deepEqual(await openNow(), []);
});

test('payments that wait for a person are reported as open until a person has decided, and break no invariant', async (t) => {
  const { pool, url } = await shopDatabase(t);
  const audited = async (): Promise<{ holds: boolean; output: string }> => {
    const lines: string[] = [];
    const holds = await auditCommand({ ...elsewhere(), MYSQL_URL: url }, { say: (line) => void lines.push(line) });
    return { holds, output: lines.join('\n') };
  };
  const kept = paymentEvent({ amount: 900 });
  await storeEvent(pool, kept);
  const failed = await owe(pool, { provider: 'bank', amount: 700 });
  await markRefundFailed(pool, { paymentId: failed, refundAttempt: 0 }, 'the charge is disputed');
  t.deepEqual(await countWaitingForPerson(pool), { unplaced: 1, refundFailed: 1 });

  const open = await audited();
  t.true(open.holds);
  t.regex(open.output, new RegExp(`open.*payment ${kept.paymentId}.*900 EUR names order nobody, which is not known`));
  t.regex(
    open.output,
    new RegExp(`open.*payment ${failed}.*700 EUR.*cannot go back by bank.*: the charge is disputed`),
  );

  for (const paymentId of [kept.paymentId, failed]) await closePayment(pool, { paymentId, by: 'ann', note: 'by hand' });
  t.deepEqual(await countWaitingForPerson(pool), { unplaced: 0, refundFailed: 0 });
  const closed = await audited();
  t.true(closed.holds);
  t.notRegex(closed.output, /open/);
});
