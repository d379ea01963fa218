import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import type { OrderView } from '../../src/domain/order.js';
import { createReports } from '../../src/temporal/reports.js';
import { createTestLog } from '../helpers/broker.js';
import { createOrder } from '../helpers/temporal.js';

const order: OrderView = { ...createOrder(), status: 'canceled', cancelReason: null, settledAt: null, refund: 'none' };

const money = { amount: 2500, currency: 'EUR', refundReason: null };

/** Reports of a shop with one order and any payment, and the calls to Temporal. */
function reportsUnderTest(fails?: Error) {
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
    },
    deliver: async ({ paymentId }) => {
      await call(`payment ${paymentId}`);
      return paymentId !== 'late';
    },
    findOrder: async (orderId) => (orderId === order.orderId ? order : undefined),
    reported: (orderId) => call(`reported ${orderId}`),
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

test('reports beyond a hundred at the same time are left to the deadline and the sweeps', async (t) => {
  const { calls, reports } = reportsUnderTest();
  for (let index = 0; index < 150; index++) reports.payment(`pay-${index}`);
  await reports.idle();
  t.is(calls.filter((call) => call.startsWith('payment')).length, 100);
});

test('the report of a late payment leaves the report of the end due', async (t) => {
  const { calls, reports } = reportsUnderTest();
  reports.payment('late');
  await reports.idle();
  t.deepEqual(calls, ['payment late']);
});
