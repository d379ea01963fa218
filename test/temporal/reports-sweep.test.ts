import test from 'ava';
import { isUnavailable, unavailable } from '../../src/domain/errors.js';
import type { OrderView } from '../../src/domain/order.js';
import { createReportsSweep, type EndedOrder } from '../../src/temporal/reports-sweep.js';
import { createTestLog } from '../helpers/broker.js';
import { createOrder } from '../helpers/temporal.js';

const view = (orderId: string): OrderView => ({
  ...createOrder(),
  orderId,
  status: 'paid',
  cancelReason: null,
  settledAt: null,
  refund: 'none',
});

const paid: EndedOrder = { orderId: 'paid', paymentId: 'pay-1', cancelReason: null };
const free: EndedOrder = { orderId: 'free', paymentId: null, cancelReason: null };
const canceled: EndedOrder = { orderId: 'canceled', paymentId: null, cancelReason: 'customer-request' };

function sweepUnderTest(
  due: readonly EndedOrder[],
  fail: (orderId: string) => Error | undefined = () => undefined,
  pageSize = 10,
) {
  const clock = { now: 0 };
  const calls: string[] = [];
  const log = createTestLog();
  const call = async (what: string, orderId: string) => {
    const error = fail(orderId);
    if (error) throw error;
    calls.push(`${what} ${orderId}`);
  };
  const sweep = createReportsSweep({
    due: async (after) => {
      const first = after === undefined ? 0 : due.indexOf(after) + 1;
      return due.slice(first, first + pageSize);
    },
    pageSize,
    workflows: {
      reportPayment: async ({ orderId }, { paymentId }) => {
        await call(`payment ${paymentId} of`, orderId);
        return 'reported';
      },
      requestCancel: async ({ orderId }, { reason }) => {
        await call(`cancel by ${reason} of`, orderId);
        return 'ended';
      },
      startOrder: async ({ orderId }) => {
        await call('start', orderId);
        return 'started';
      },
    },
    findOrder: async (orderId) => view(orderId),
    reported: async (orderId) => void calls.push(`reported ${orderId}`),
    now: () => clock.now,
    log,
  });
  return { calls, clock, log, sweep };
}

test('each end that is due is reported by its cause, and marked as reported', async (t) => {
  const { calls, sweep } = sweepUnderTest([paid, canceled]);
  t.is(await sweep(), 2);
  t.deepEqual(calls.toSorted(), [
    'cancel by customer-request of canceled',
    'payment pay-1 of paid',
    'reported canceled',
    'reported paid',
  ]);
});

test('the workflow of an order that cost nothing is started, in case its message was lost', async (t) => {
  const { calls, sweep } = sweepUnderTest([free]);
  t.is(await sweep(), 1);
  t.deepEqual(calls, ['start free', 'reported free']);
});

test('an outage of Temporal ends the turn, and the report stays due', async (t) => {
  const { calls, sweep } = sweepUnderTest([paid], () => unavailable('Temporal', new Error('away')));
  t.true(isUnavailable(await t.throwsAsync(sweep())));
  t.deepEqual(calls, []);
});

test('a report that fails is logged, stays due, and stops no other report', async (t) => {
  const { calls, log, sweep } = sweepUnderTest([paid, canceled], (orderId) =>
    orderId === 'paid' ? new Error('a bad request') : undefined,
  );
  t.is(await sweep(), 1);
  t.deepEqual(calls.at(-1), 'reported canceled');
  t.like(log.lines, [{ level: 'error', fields: { orderId: 'paid', reason: 'a bad request' } }]);
});

test('a report that fails for good is repeated and logged after growing pauses of at most five minutes', async (t) => {
  const { calls, clock, log, sweep } = sweepUnderTest([paid, canceled], (orderId) =>
    orderId === 'paid' ? new Error('a bad request') : undefined,
  );
  const at: number[] = [];
  for (; clock.now <= 1_800_000; clock.now += 1_000) {
    calls.length = 0;
    await sweep();
    t.is(calls.at(-1), 'reported canceled', 'each turn');
    if (log.lines.length > at.length) at.push(clock.now / 1_000);
  }
  t.deepEqual(at, [0, 5, 15, 35, 75, 155, 315, 615, 915, 1_215, 1_515]);
});

test('the pause of a report ends when the report is not due any more', async (t) => {
  const due = [paid];
  let isBad = true;
  const { calls, sweep } = sweepUnderTest(due, () => (isBad ? new Error('a bad request') : undefined));
  t.is(await sweep(), 0);
  due.length = 0;
  await sweep();
  due.push(paid);
  isBad = false;
  t.is(await sweep(), 1);
  t.deepEqual(calls, ['payment pay-1 of paid', 'reported paid']);
});

test('reports that fail for good do not hide the reports behind them', async (t) => {
  const bad = Array.from({ length: 4 }, (_, index): EndedOrder => ({ ...paid, orderId: `bad-${index}` }));
  const { calls, sweep } = sweepUnderTest(
    [...bad, paid],
    (orderId) => (orderId.startsWith('bad') ? new Error('a bad request') : undefined),
    2,
  );
  t.deepEqual([await sweep(), await sweep(), await sweep()], [0, 0, 1]);
  t.deepEqual(calls, ['payment pay-1 of paid', 'reported paid']);
});

test('an outage causes no pause', async (t) => {
  let isAway = true;
  const { sweep } = sweepUnderTest([paid], () => (isAway ? unavailable('Temporal', new Error('away')) : undefined));
  await t.throwsAsync(sweep(), { code: 'dependency-unavailable' });
  isAway = false;
  t.is(await sweep(), 1);
});

test('a stop ends the turn before the next report', async (t) => {
  const { calls, sweep } = sweepUnderTest([paid, canceled]);
  t.is(await sweep(AbortSignal.abort()), 0);
  t.deepEqual(calls, []);
});
