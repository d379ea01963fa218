import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import { createOwedStarts } from '../../src/temporal/owed-starts.js';
import { createTestLog } from '../helpers/broker.js';

function sweepUnderTest(owed: { refundId: string; attempt: number }[], fail: (refundId: string) => Error | undefined) {
  const clock = { now: 0 };
  const started: string[] = [];
  const log = createTestLog();
  const sweep = createOwedStarts({
    what: 'refund',
    keyOf: ({ refundId, attempt }) => `${refundId} ${attempt}`,
    read: async (after?: (typeof owed)[number]) => (after === undefined ? owed : []),
    pageSize: 10,
    start: async ({ refundId }) => {
      const error = fail(refundId);
      if (error) throw error;
      started.push(refundId);
      return 'started';
    },
    now: () => clock.now,
    log,
  });
  return { started, clock, log, sweep };
}

test('each owed refund is started, again after a pause while it stays owed, and at once after a new attempt', async (t) => {
  const owed = [{ refundId: 'one', attempt: 0 }];
  const { started, clock, sweep } = sweepUnderTest(owed, () => undefined);
  t.is(await sweep(), 1);
  t.is(await sweep(), 0, 'it pauses');
  owed[0] = { refundId: 'one', attempt: 1 };
  t.is(await sweep(), 1);
  clock.now += 600_000;
  t.is(await sweep(), 1);
  t.deepEqual(started, ['one', 'one', 'one']);
});

test('a start that fails is logged and stops no other, and an outage of Temporal ends the turn', async (t) => {
  const owed = ['bad', 'good'].map((refundId) => ({ refundId, attempt: 0 }));
  const bad = sweepUnderTest(owed, (refundId) => (refundId === 'bad' ? new Error('too long') : undefined));
  t.is(await bad.sweep(), 1);
  t.deepEqual([bad.started, bad.log.lines.filter(({ level }) => level === 'error').length], [['good'], 1]);
  const away = sweepUnderTest(owed, () => unavailable('Temporal', new Error('away')));
  await t.throwsAsync(away.sweep(), { code: 'dependency-unavailable' });
});
