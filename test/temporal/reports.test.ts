import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { unavailable } from '../../src/domain/errors.js';
import type { OrderView } from '../../src/domain/order.js';
import { createReports } from '../../src/temporal/reports.js';
import { createTestLog } from '../helpers/broker.js';
import { createOrder } from '../helpers/temporal.js';

const order: OrderView = { ...createOrder(), status: 'canceled', cancelReason: null, settledAt: null, refund: 'none' };

const money = { amount: 2500, currency: 'EUR', refundReason: null };

const paymentsIn = (calls: readonly string[]): number => calls.filter((call) => call.startsWith('payment')).length;

/** Reports of a shop with one order and any payment, and the calls to Temporal. */
function reportsUnderTest(fails?: Error, found = order) {
  const calls: string[] = [];
  const log = createTestLog();
  const call = async (what: string) => {
    calls.push(what);
    if (fails) throw fails;
  };
  const reports = createReports({
    workflows: {
      requestCancel: async ({ orderId }, { reason }) => {
        await call(`cancel ${orderId} ${reason}`);
        return 'requested';
      },
      reportDeadline: (orderId, { expiresAt }) => call(`deadline ${orderId} ${expiresAt}`),
    },
    deliver: async ({ paymentId }) => {
      await call(`payment ${paymentId}`);
      return paymentId !== 'late';
    },
    findOrder: async (orderId) => (orderId === order.orderId ? found : undefined),
    reported: (orderId) => call(`reported ${orderId}`),
    forgetMove: ({ orderId, expiresAt }) => call(`forget ${orderId} ${expiresAt.toISOString()}`),
    findPayment: async (paymentId) => ({ ...money, paymentId, orderId: order.orderId, status: 'accepted' }),
    log,
  });
  return { calls, log, reports };
}

test('a payment that a hundred events report is reported once', async (t) => {
  const { calls, reports } = reportsUnderTest();
  for (let index = 0; index < 100; index++) reports.payment('pay-1');
  await reports.idle();
  t.deepEqual(calls, ['payment pay-1', `reported ${order.orderId}`]);
});

test('a cancel that is repeated is reported once, with its reason', async (t) => {
  const { calls, reports } = reportsUnderTest();
  for (let index = 0; index < 100; index++) reports.cancel(order.orderId, 'customer-request');
  await reports.idle();
  t.deepEqual(calls, [`cancel ${order.orderId} customer-request`, `reported ${order.orderId}`]);
});

test('each moved deadline is reported once, and is then forgotten', async (t) => {
  const { calls, reports } = reportsUnderTest();
  const [first, second] = [new Date('2026-03-05T18:00:00Z'), new Date('2026-03-06T18:00:00Z')];
  for (const expiresAt of [first, first]) reports.deadline(order.orderId, expiresAt);
  await reports.idle();
  reports.deadline(order.orderId, second);
  await reports.idle();
  t.deepEqual(
    calls,
    [first, second].flatMap((at) =>
      ['deadline', 'forget'].map((call) => `${call} ${order.orderId} ${at.toISOString()}`),
    ),
  );
});

test('a report that fails is logged with its order, and throws nothing', async (t) => {
  const { log, reports } = reportsUnderTest(unavailable('Temporal', new Error('away')));
  reports.cancel(order.orderId, 'operator-request');
  await reports.idle();
  reports.payment('pay-1');
  await reports.idle();
  t.deepEqual(
    log.lines.map(({ level, message, fields }) => [level, message, fields['orderId'] ?? fields['paymentId']]),
    [
      ['warn', 'decided, and not reported to Temporal', order.orderId],
      ['warn', 'decided, and not reported to Temporal', 'pay-1'],
    ],
  );
});

test('a cancel of an order that ended long ago is not reported: its workflow may be gone', async (t) => {
  const { calls, reports } = reportsUnderTest(undefined, { ...order, settledAt: new Date(Date.now() - 3_600_000) });
  reports.cancel(order.orderId, 'customer-request');
  await reports.idle();
  t.deepEqual(calls, []);
});

test('reports beyond a hundred at the same time wait for their turn', async (t) => {
  const { calls, reports } = reportsUnderTest();
  for (let index = 0; index < 150; index++) reports.payment(`pay-${index}`);
  await until(
    '150 reports',
    async () => paymentsIn(calls),
    (payments) => payments === 150,
  );
  await reports.idle();
  t.is(paymentsIn(calls), 150);
});

test('a stop drops the reports that wait, which the sweeps repeat', async (t) => {
  const { calls, reports } = reportsUnderTest();
  for (let index = 0; index < 150; index++) reports.payment(`pay-${index}`);
  await reports.idle();
  t.is(paymentsIn(calls), 100);
});

test('of very many reports at the same time, the last ones are left to the sweeps', async (t) => {
  const { calls, reports } = reportsUnderTest();
  for (let index = 0; index < 2_000; index++) reports.payment(`pay-${index}`);
  await until(
    'the last report that waited',
    async () => paymentsIn(calls),
    (payments) => payments >= 1_100,
  );
  await reports.idle();
  t.is(paymentsIn(calls), 1_100);
});

test('the report of a late payment leaves the report of the end due', async (t) => {
  const { calls, reports } = reportsUnderTest();
  reports.payment('late');
  await reports.idle();
  t.deepEqual(calls, ['payment late']);
});
