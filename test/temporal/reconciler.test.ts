import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import type { OrderStatus } from '../../src/domain/order.js';
import { createPaidInTemporal } from '../../src/temporal/paid-in-temporal.js';
import { createReconciler } from '../../src/temporal/reconciler.js';
import { createTestLog } from '../helpers/broker.js';
import { createOrder } from '../helpers/temporal.js';

/** Orders that differ between the database and Temporal. The test sets both states. */

const openOrder = (orderId: string, overrides: { recorded?: boolean; aged?: boolean; ended?: boolean } = {}) => {
  const { userId, amount, currency, expiresAt } = createOrder();
  return {
    orderId,
    userId,
    amount,
    currency,
    expiresAt,
    reference: null,
    recorded: true,
    aged: true,
    ended: false,
    ...overrides,
  };
};

const numbered = (howMany: number, overrides = {}) =>
  Array.from({ length: howMany }, (_, index) => openOrder(String(index).padStart(4, '0'), overrides));

function reconcilerUnderTest({ turnMs = 500 } = {}) {
  const state = {
    now: Date.parse('2026-03-01T10:00:00Z'),
    open: [] as ReturnType<typeof openOrder>[],
    placed: (_orderId: string) => true,
    closed: [] as string[],
    running: new Set<string>(),
    /** The completed runs, with their results. */
    completed: new Map<string, OrderStatus | undefined>(),
    waiting: 0 as number | Error,
    refuse: (_orderId: string): Error | undefined => undefined,
    /** How long a slice takes, in milliseconds. */
    sliceMs: 0,
    listed: 0,
    started: [] as string[],
    startedAnew: [] as string[],
  };
  const log = createTestLog();
  const reconcile = createReconciler({
    orders: {
      inTime: async ({ after, limit }) => {
        state.now += state.sliceMs;
        return state.open.filter(({ orderId }) => orderId > (after?.orderId ?? '')).slice(0, limit);
      },
      closeEnded: async (orderIds) => void state.closed.push(...orderIds),
      isPlaced: async (orderId) => state.placed(orderId),
    },
    workflows: {
      runningAmong: async (orderIds) => {
        state.listed++;
        return new Set(orderIds.filter((orderId) => state.running.has(orderId)));
      },
      startOrder: async ({ orderId }) => {
        const error = state.refuse(orderId);
        if (error !== undefined) throw error;
        if (state.running.has(orderId) || state.completed.has(orderId)) return 'already-started';
        state.running.add(orderId);
        state.started.push(orderId);
        return 'started';
      },
      startOrderAnew: async ({ orderId }) => {
        state.completed.delete(orderId);
        state.running.add(orderId);
        state.startedAnew.push(orderId);
        return 'started';
      },
      lastRun: async (orderId) => {
        const status = state.completed.get(orderId);
        const ended = status && { status, cancelReason: status === 'canceled' ? ('customer-request' as const) : null };
        return { running: state.running.has(orderId), ...(ended && { ended }) };
      },
    },
    waiting: async () => {
      if (state.waiting instanceof Error) throw state.waiting;
      return state.waiting;
    },
    minAgeMs: 15_000,
    turnMs,
    now: () => state.now,
    log,
  });
  return { state, log, reconcile };
}

const away = unavailable('Temporal', new Error('away'));

test('an open order without a workflow is started, and no other order', async (t) => {
  const { state, log, reconcile } = reconcilerUnderTest();
  state.open = ['a', 'b', 'c'].map((id) => openOrder(id));
  state.running = new Set(['a', 'b', 'c']);
  t.is(await reconcile(), 0);
  state.running.delete('b');
  state.refuse = (orderId) => (orderId === 'b' ? undefined : new Error('this order must not be started'));
  t.is(await reconcile(), 1);
  t.deepEqual(state.started, ['b']);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['orderId']]),
    [['warn', 'b']],
  );
});

test('an order whose message may be on its way is not started, and Temporal is not called', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = [openOrder('a', { aged: false })];
  t.is(await reconcile(), 0);
  t.is(state.listed, 0);
});

test('every slice of the open orders is handled', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = numbered(2_500);
  t.is(await reconcile(), 2_500);
});

test('a turn ends when its time is over, and the next turn continues there', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = numbered(2_500);
  state.sliceMs = 600;
  const turns = [await reconcile(), await reconcile(), await reconcile()];
  t.deepEqual(turns, [1_000, 1_000, 500]);
  state.running.clear();
  t.is(await reconcile(), 1_000, 'the next turn starts from the beginning');
});

test('a slice is handled again after an outage of Temporal', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = numbered(1_500);
  state.refuse = () => away;
  await t.throwsAsync(reconcile(), { code: 'dependency-unavailable' });
  state.refuse = () => undefined;
  t.is(await reconcile(), 1_500);
});

test('a stop ends the turn before the next start', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = numbered(900);
  const stopping = new AbortController();
  state.refuse = (orderId) => void (orderId === '0100' && stopping.abort());
  const started = await reconcile(stopping.signal);
  t.true(started < 200, `${started} were started`);
});

test('orders whose messages wait in the queue are not started', async (t) => {
  const { state, log, reconcile } = reconcilerUnderTest();
  state.open = numbered(20, { recorded: false });
  state.waiting = 20;
  t.is(await reconcile(), 0);
  t.deepEqual(
    log.lines.filter(({ level }) => level !== 'debug'),
    [],
  );
});

test('the oldest orders are started when more orders than messages wait', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  // The orders come by deadline, which may differ from the order of the checkouts.
  state.open = numbered(20, { recorded: false }).toReversed();
  state.waiting = 18;
  t.is(await reconcile(), 2);
  t.deepEqual(state.started.toSorted(), ['0000', '0001']);
});

test('a recorded order is started, however many messages wait in the queue', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = [openOrder('a'), openOrder('b', { recorded: false })];
  state.waiting = 1_000;
  t.is(await reconcile(), 1);
  t.deepEqual(state.started, ['a']);
});

test('only recorded orders are started while the broker is away, because the others may be in its queue', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = [openOrder('a'), openOrder('b', { recorded: false })];
  state.waiting = unavailable('the broker', new Error('away'));
  t.is(await reconcile(), 1);
  state.waiting = 0;
  t.is(await reconcile(), 1);
  t.deepEqual(state.started, ['a', 'b']);
});

test('an order that is placed in the database and ended in Temporal is started again, and logged', async (t) => {
  const { state, log, reconcile } = reconcilerUnderTest();
  state.open = ['a', 'b', 'c'].map((id) => openOrder(id));
  state.completed = new Map([
    ['a', 'paid'],
    ['b', 'canceled'],
    ['c', undefined],
  ]);
  t.is(await reconcile(), 3);
  t.deepEqual(state.startedAnew.toSorted(), ['a', 'b', 'c']);
  t.deepEqual(log.lines.map(({ level, fields }) => `${level} ${fields['orderId']} ${fields['endedAs']}`).toSorted(), [
    'error a paid',
    'warn b canceled',
    'warn c undefined',
  ]);
});

test('an order that has ended in the database by now is not started', async (t) => {
  const { state, log, reconcile } = reconcilerUnderTest();
  state.open = [openOrder('a')];
  state.completed.set('a', 'paid');
  state.placed = () => false;
  t.is(await reconcile(), 0);
  t.deepEqual([state.startedAnew, log.lines], [[], []]);
});

test('an order whose workflow is not in the index yet is not started again', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = [openOrder('a')];
  state.refuse = (orderId) => void state.running.add(orderId);
  t.is(await reconcile(), 0);
  t.deepEqual(state.startedAnew, []);
});

test('orders that an earlier version has ended are closed, and not started', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.open = [openOrder('a', { ended: true }), openOrder('b')];
  t.is(await reconcile(), 1);
  t.deepEqual([state.closed, state.started], [['a'], ['b']]);
});

test('an error of one order is logged, and stops no other order', async (t) => {
  const { state, log, reconcile } = reconcilerUnderTest();
  state.open = ['a', 'b', 'c'].map((id) => openOrder(id));
  state.refuse = (orderId) => (orderId === 'a' ? new Error('too large') : undefined);
  t.is(await reconcile(), 2);
  t.deepEqual(state.started, ['b', 'c']);
  t.deepEqual(
    log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields),
    [{ orderId: 'a', reason: 'too large' }],
  );
});

function canceledUnderTest({ capacity = 1_000 } = {}) {
  const temporal = { paid: new Set<string>(), refuse: undefined as Error | undefined };
  const log = createTestLog();
  const paidAmong = async (orderIds: readonly string[]) => {
    if (temporal.refuse) throw temporal.refuse;
    return new Set(orderIds.filter((orderId) => temporal.paid.has(orderId)));
  };
  return { temporal, log, ...createPaidInTemporal({ workflows: { paidAmong }, capacity, log }) };
}

test('orders that were canceled at their deadline and are paid in Temporal are logged once', async (t) => {
  const { temporal, log, add, turn } = canceledUnderTest();
  const all = Array.from({ length: 450 }, (_, index) => `${index}`);
  temporal.paid = new Set(['7', '300']);
  for (const orderId of all) add(orderId);
  temporal.refuse = away;
  await t.throwsAsync(turn(), { code: 'dependency-unavailable' });
  temporal.refuse = undefined;
  t.deepEqual([await turn(), await turn()], [2, 0]);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['orderIds']]),
    [
      ['error', ['7']],
      ['error', ['300']],
    ],
  );
});

test('the number of canceled orders beyond the capacity is logged', async (t) => {
  const { temporal, log, add, turn } = canceledUnderTest({ capacity: 2 });
  temporal.paid = new Set(['a', 'c']);
  for (const orderId of ['a', 'b', 'c', 'd']) add(orderId);
  t.is(await turn(), 1);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['orders']]),
    [
      ['error', 2],
      ['error', 1],
    ],
  );
});
