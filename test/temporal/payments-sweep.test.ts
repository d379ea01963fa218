import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import type { DeliverablePayment } from '../../src/temporal/payment-delivery.js';
import { createPaymentsSweep } from '../../src/temporal/payments-sweep.js';
import { createTestLog } from '../helpers/broker.js';

/** The turns of the sweep against a clock that is set by hand. */

const payment = (paymentId: string, status: DeliverablePayment['status'] = 'received'): DeliverablePayment => ({
  paymentId,
  orderId: 'an order',
  status,
});

function sweepUnderTest(
  unfinished: DeliverablePayment[],
  refuse: (paymentId: string) => Error | undefined = () => undefined,
  pageSize = 10,
) {
  const clock = { now: 0 };
  const told: string[] = [];
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
      told.push(paymentId);
    },
    now: () => clock.now,
    log,
  });
  return { clock, told, log, sweep };
}

test('each unfinished payment is delivered, and their number told', async (t) => {
  const { sweep, told } = sweepUnderTest([payment('a'), payment('b', 'refund_required')]);
  t.is(await sweep(), 2);
  t.deepEqual(told, ['a', 'b']);
});

test('one that nobody decides is told again after ever longer pauses, and at least every five minutes', async (t) => {
  const { sweep, told, clock } = sweepUnderTest([payment('a')]);
  const at: number[] = [];
  for (; clock.now <= 1_800_000; clock.now += 1_000) {
    await sweep();
    if (told.length > at.length) at.push(clock.now / 1_000);
  }
  t.deepEqual(at, [0, 5, 15, 35, 75, 155, 315, 615, 915, 1_215, 1_515]);
});

test('a payment that has been decided meanwhile and is to go back is told at once', async (t) => {
  const unfinished = [payment('a')];
  const { sweep, told } = sweepUnderTest(unfinished);
  await sweep();
  unfinished[0] = payment('a', 'refund_required');
  t.is(await sweep(), 1);
  t.deepEqual(told, ['a', 'a']);
});

test('an outage ends the turn, and the next one begins where it stopped', async (t) => {
  let away = true;
  const { sweep, told } = sweepUnderTest([payment('a'), payment('b'), payment('c')], (paymentId) =>
    away && paymentId === 'b' ? unavailable('Temporal', new Error('away')) : undefined,
  );
  await t.throwsAsync(sweep(), { code: 'dependency-unavailable' });
  t.deepEqual(told, ['a']);
  away = false;
  t.is(await sweep(), 2);
  t.deepEqual(told, ['a', 'b', 'c']);
});

test('what is wrong with one payment holds up no other, and is told as an error', async (t) => {
  const { sweep, told, log } = sweepUnderTest([payment('a'), payment('b')], (paymentId) =>
    paymentId === 'a' ? new Error('too many signals') : undefined,
  );
  t.is(await sweep(), 1);
  t.deepEqual(told, ['b']);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields]),
    [['error', { paymentId: 'a', reason: 'too many signals' }]],
  );
  await sweep();
  t.is(log.lines.length, 1, 'nor is it tried at every turn');
});

test('what stays unfinished hides none of the others, and keeps its pauses', async (t) => {
  const unfinished = ['a', 'b', 'c', 'd', 'e'].map((id) => payment(id));
  const { sweep, told, clock } = sweepUnderTest(unfinished, undefined, 2);
  for (let turn = 0; turn < 6; turn++) await sweep();
  t.deepEqual(told, ['a', 'b', 'c', 'd', 'e'], 'once each, by pages, though each is due again in 5 s');
  clock.now = 5_000;
  for (let turn = 0; turn < 3; turn++) await sweep();
  t.deepEqual(told.slice(5), ['a', 'b', 'c', 'd', 'e']);
});

test('a stop is noticed between two payments', async (t) => {
  const stop = new AbortController();
  const { sweep, told } = sweepUnderTest([payment('a'), payment('b')], () => void stop.abort(new Error('SIGTERM')));
  await t.throwsAsync(sweep(stop.signal), { message: 'SIGTERM' });
  t.deepEqual(told, ['a']);
});
