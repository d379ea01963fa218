import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import { createDeadlinesSweep } from '../../src/temporal/deadlines-sweep.js';
import { createTestLog } from '../helpers/broker.js';

const expiresAt = new Date('2026-03-05T18:00:00Z');

function sweepUnderTest(ids: readonly string[], fail: (orderId: string) => Error | undefined = () => undefined) {
  const clock = { now: 0 };
  const moves = ids.map((orderId) => ({ orderId, expiresAt }));
  const calls: string[] = [];
  const log = createTestLog();
  const sweep = createDeadlinesSweep({
    moved: async (after) => (after === undefined ? moves : []),
    pageSize: 10,
    workflows: {
      reportDeadline: async (orderId, moved) => {
        const error = fail(orderId);
        if (error) throw error;
        calls.push(`report ${orderId} ${moved.expiresAt}`);
      },
    },
    forgetMove: async ({ orderId }) => void calls.push(`forget ${orderId}`),
    now: () => clock.now,
    log,
  });
  return { calls, clock, log, sweep };
}

test('each moved deadline is reported, and then forgotten', async (t) => {
  const { calls, sweep } = sweepUnderTest(['one']);
  t.is(await sweep(), 1);
  t.deepEqual(calls, [`report one ${expiresAt.toISOString()}`, 'forget one']);
});

test('a report that fails is logged, keeps its move and stops no other; it is repeated after a pause', async (t) => {
  let fails = true;
  const { calls, clock, log, sweep } = sweepUnderTest(['bad', 'good'], (orderId) =>
    fails && orderId === 'bad' ? new Error('too long') : undefined,
  );
  t.is(await sweep(), 1);
  t.false(calls.includes('forget bad'));
  t.is(log.lines.filter(({ level }) => level === 'error').length, 1);
  fails = false;
  t.is(await sweep(), 1, 'the bad one pauses');
  clock.now += 60_000;
  t.is(await sweep(), 2);
});

test('an outage of Temporal ends the turn', async (t) => {
  const { calls, sweep } = sweepUnderTest(['one'], () => unavailable('Temporal', new Error('away')));
  await t.throwsAsync(sweep(), { code: 'dependency-unavailable' });
  t.deepEqual(calls, []);
});
