import test from 'ava';
import { beginKey, lookAt, pauseBeforeLook } from '../../src/domain/begun-payment.js';

/** When a begun payment is looked at, and what for. */

const placed = (expiresInMs: number, looks = 0) => pauseBeforeLook({ status: 'placed', expiresInMs, looks });
const [second, minute, hour] = [1_000, 60_000, 3_600_000];

test('an open order is looked at after a minute, and then after ever longer pauses, up to some hours', (t) => {
  t.deepEqual(
    [0, 1, 2, 3].map((looks) => placed(1_000 * hour, looks)),
    [minute, 2 * minute, 4 * minute, 8 * minute],
  );
  t.is(placed(1_000 * hour, 10), 1_024 * minute);
  t.is(placed(1_000 * hour, 100), 1_024 * minute);
});

test('half a minute before the deadline the provider is asked once more, and two seconds after it the payment is closed', (t) => {
  t.is(placed(80 * second), 50 * second);
  t.is(placed(30 * second + 1), 1);
  t.is(placed(30 * second), 32 * second);
  t.is(placed(1, 5), 2 * second + 1);
});

test('after the deadline an order that is placed is looked at each second', (t) => {
  t.deepEqual([placed(0), placed(-5 * second, 9)], [second, second]);
});

test('an order that has ended is looked at after ever longer pauses, up to five minutes', (t) => {
  const ended = (looks: number) => pauseBeforeLook({ status: 'canceled', expiresInMs: hour, looks });
  t.deepEqual([0, 1, 5, 9, 100].map(ended), [second, 2 * second, 32 * second, 300 * second, 300 * second]);
  t.is(pauseBeforeLook({ status: 'paid', expiresInMs: -hour, looks: 0 }), second);
});

test('an open payment is asked about before the deadline, left to the workflow at it, and closed after it', (t) => {
  const what = (expiresInMs: number) => lookAt({ status: 'placed', expiresInMs });
  t.deepEqual([1, 0, -1_999, -2_000, -hour].map(what), ['ask', 'wait', 'wait', 'close-order', 'close-order']);
  for (const status of ['paid', 'canceled'] as const) t.is(lookAt({ status, expiresInMs: hour }), 'close');
});

test('each row has a key of its own at its provider', (t) => {
  t.is(beginKey('01a2f0de'), 'begin:01a2f0de');
});
