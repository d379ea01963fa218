import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import { createPaymentsSweep, type UnfinishedPayment } from '../../src/temporal/payments-sweep.js';
import { createTestLog } from '../helpers/broker.js';

/** The turns of the sweep with a clock that the test sets. */

const payment = (paymentId: string, status: UnfinishedPayment['status'] = 'received'): UnfinishedPayment => ({
  paymentId,
  orderId: 'an order',
  status,
});

function sweepUnderTest(
  unfinished: UnfinishedPayment[],
  refuse: (paymentId: string) => Error | undefined = () => undefined,
  pageSize = 10,
) {
  const clock = { now: 0 };
  const delivered: string[] = [];
  const log = createTestLog();
  const sweep = createPaymentsSweep({
    unfinished: async (after) => {
      const first = after === undefined ? 0 : unfinished.indexOf(after) + 1;
      return unfinished.slice(first, first + pageSize);
    },
    pageSize,
    deliver: async ({ paymentId }) => {
      const error = refuse(paymentId);
      if (error !== undefined) throw error;
      delivered.push(paymentId);
    },
    now: () => clock.now,
    log,
  });
  return { clock, delivered, log, sweep };
}

test('each unfinished payment is delivered, and the turn returns their number', async (t) => {
  const { sweep, delivered } = sweepUnderTest([payment('a'), payment('b', 'refund_required')]);
  t.is(await sweep(), 2);
  t.deepEqual(delivered, ['a', 'b']);
});

test('an undecided payment is delivered again after growing pauses of at most five minutes', async (t) => {
  const { sweep, delivered, clock } = sweepUnderTest([payment('a')]);
  const at: number[] = [];
  for (; clock.now <= 1_800_000; clock.now += 1_000) {
    await sweep();
    if (delivered.length > at.length) at.push(clock.now / 1_000);
  }
  t.deepEqual(at, [0, 5, 15, 35, 75, 155, 315, 615, 915, 1_215, 1_515]);
});

test('a payment that must be refunded by now is delivered at once', async (t) => {
  const unfinished = [payment('a')];
  const { sweep, delivered } = sweepUnderTest(unfinished);
  await sweep();
  unfinished[0] = payment('a', 'refund_required');
  t.is(await sweep(), 1);
  t.deepEqual(delivered, ['a', 'a']);
});

test('an outage ends the turn, and the next turn continues there', async (t) => {
  let away = true;
  const { sweep, delivered } = sweepUnderTest([payment('a'), payment('b'), payment('c')], (paymentId) =>
    away && paymentId === 'b' ? unavailable('Temporal', new Error('away')) : undefined,
  );
  await t.throwsAsync(sweep(), { code: 'dependency-unavailable' });
  t.deepEqual(delivered, ['a']);
  away = false;
  t.is(await sweep(), 2);
  t.deepEqual(delivered, ['a', 'b', 'c']);
});

test('an error of one payment is logged, and stops no other payment', async (t) => {
  const { sweep, delivered, log } = sweepUnderTest([payment('a'), payment('b')], (paymentId) =>
    paymentId === 'a' ? new Error('too many signals') : undefined,
  );
  t.is(await sweep(), 1);
  t.deepEqual(delivered, ['b']);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields]),
    [['error', { paymentId: 'a', reason: 'too many signals' }]],
  );
  await sweep();
  t.is(log.lines.length, 1, 'the payment is not tried at every turn');
});

test('payments that stay unfinished delay no other payment, and keep their pauses', async (t) => {
  const unfinished = ['a', 'b', 'c', 'd', 'e'].map((id) => payment(id));
  const { sweep, delivered, clock } = sweepUnderTest(unfinished, undefined, 2);
  for (let turn = 0; turn < 6; turn++) await sweep();
  t.deepEqual(
    delivered,
    ['a', 'b', 'c', 'd', 'e'],
    'each payment once, by pages, though each payment is due again in 5 s',
  );
  clock.now = 5_000;
  for (let turn = 0; turn < 3; turn++) await sweep();
  t.deepEqual(delivered.slice(5), ['a', 'b', 'c', 'd', 'e']);
});

test('a stop ends the turn before the next payment', async (t) => {
  const stop = new AbortController();
  const { sweep, delivered } = sweepUnderTest(
    [payment('a'), payment('b')],
    () => void stop.abort(new Error('SIGTERM')),
  );
  await t.throwsAsync(sweep(stop.signal), { message: 'SIGTERM' });
  t.deepEqual(delivered, ['a']);
});
