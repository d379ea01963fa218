import test from 'ava';
import { unavailable } from '../../src/domain/errors.js';
import type { Order } from '../../src/domain/order.js';
import { createReconciler } from '../../src/temporal/reconciler.js';
import { createTestLog } from '../helpers/broker.js';
import { createOrder } from '../helpers/temporal.js';

/** The reconciler's own decisions, against a database and a Temporal that are set by hand. */

const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
const orderOf = (orderId: string): Order => ({ ...createOrder(), orderId });

function reconcilerUnderTest() {
  const state = {
    now: Date.parse('2026-03-01T10:00:00Z'),
    overdue: [] as Order[],
    forgotten: [] as Order[],
    placed: [] as Order[],
    running: new Set<string>(),
    /** What Temporal counts; its own index, when nothing else is said. */
    counted: undefined as number | undefined,
    refuse: (_orderId: string): Error | undefined => undefined,
    lookedBack: [] as number[],
    listed: 0,
    startedBy: [] as string[],
    started: [] as string[],
  };
  const log = createTestLog();
  const { reconcile } = createReconciler({
    orders: {
      overdue: async () => state.overdue,
      forgotten: async ({ maxAgeMs, limit }) => {
        state.lookedBack.push(maxAgeMs);
        return state.forgotten.slice(0, limit);
      },
      placed: async ({ after, limit }) => state.placed.filter(({ orderId }) => orderId > after).slice(0, limit),
      countPlaced: async () => state.placed.length,
    },
    workflows: {
      countPlaced: async ({ startedBy }) => {
        state.startedBy.push(startedBy.toISOString());
        return state.counted ?? state.running.size;
      },
      runningOrders: async () => {
        state.listed++;
        return new Set(state.running);
      },
      startOrder: async ({ orderId }) => {
        const error = state.refuse(orderId);
        if (error !== undefined) throw error;
        if (state.running.has(orderId)) return 'already-started';
        state.running.add(orderId);
        state.started.push(orderId);
        return 'started';
      },
    },
    minAgeMs: 15_000,
    now: () => state.now,
    log,
  });
  return { state, log, reconcile };
}

const away = unavailable('Temporal', new Error('away'));

test('only workflows as old as the orders they are compared with are counted', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.placed = [orderOf('a')];
  state.running.add('a');
  await reconcile();
  await reconcile();
  t.deepEqual(state.startedBy, ['2026-03-01T09:59:45.000Z']);
});

test('one workflow fewer than placed orders starts the one that is missing, and asks for no other', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.placed = ['a', 'b', 'c'].map(orderOf);
  state.running = new Set(['a', 'b', 'c']);
  t.is(await reconcile(), 0);
  state.running.delete('b');
  state.refuse = (orderId) => (orderId === 'b' ? undefined : new Error('nobody asked for this one'));
  t.is(await reconcile(), 1);
  t.deepEqual(state.started, ['b']);
});

test('as many workflows as placed orders cost no look, but for one every two minutes', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.placed = [orderOf('a')];
  state.running.add('a');
  for (const end = state.now + 10 * MINUTE_MS; state.now < end; state.now += 10_000) await reconcile();
  t.is(state.listed, 5);
});

test('a count that is too high hides a missing workflow for two minutes at most', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.placed = [orderOf('a')];
  state.running.add('a');
  await reconcile();
  state.running.delete('a');
  state.counted = 1;
  const from = state.now;
  while (state.started.length === 0 && state.now < from + HOUR_MS) {
    state.now += 10_000;
    await reconcile();
  }
  t.is(state.now - from, 2 * MINUTE_MS);
});

test('a look that Temporal did not answer to its end is not counted as one', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.placed = [orderOf('a')];
  state.counted = 1;
  state.refuse = () => away;
  await t.throwsAsync(reconcile());
  state.refuse = () => undefined;
  t.is(await reconcile(), 1);
});

test('every page of open orders is looked at', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.placed = Array.from({ length: 1_200 }, (_, index) => orderOf(String(index).padStart(4, '0')));
  t.is(await reconcile(), 1_200);
});

test('the first look goes a week back, and the next an hour', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  await reconcile();
  await reconcile();
  t.deepEqual(state.lookedBack, [7 * 24 * HOUR_MS, HOUR_MS]);
});

for (const [what, outage] of [
  ['from the start', 0],
  ['later on', 1],
] as const) {
  test(`while Temporal is away ${what}, each look goes a week back until one has gone well`, async (t) => {
    const { state, reconcile } = reconcilerUnderTest();
    for (let turn = 0; turn < outage; turn++) await reconcile();
    state.forgotten = [orderOf('a')];
    state.refuse = () => away;
    await t.throwsAsync(reconcile(), { code: 'dependency-unavailable' });
    state.lookedBack.length = 0;
    await t.throwsAsync(reconcile(), { code: 'dependency-unavailable' });
    state.refuse = () => undefined;
    t.is(await reconcile(), 1);
    await reconcile();
    t.deepEqual(state.lookedBack, [7 * 24 * HOUR_MS, 7 * 24 * HOUR_MS, HOUR_MS]);
  });
}

test('more forgotten orders than fit a page keep the look far back', async (t) => {
  const { state, reconcile } = reconcilerUnderTest();
  state.forgotten = Array.from({ length: 501 }, (_, index) => orderOf(String(index)));
  await reconcile();
  state.forgotten = state.forgotten.slice(500);
  await reconcile();
  await reconcile();
  t.deepEqual(state.lookedBack, [7 * 24 * HOUR_MS, 7 * 24 * HOUR_MS, HOUR_MS]);
});

test('what is wrong with one order holds up no other, is told, and is looked for again', async (t) => {
  const { state, log, reconcile } = reconcilerUnderTest();
  state.overdue = ['a', 'b'].map(orderOf);
  state.forgotten = ['c', 'd'].map(orderOf);
  state.refuse = (orderId) => (orderId === 'a' || orderId === 'c' ? new Error('too large') : undefined);
  t.is(await reconcile(), 2);
  t.deepEqual(state.started, ['b', 'd']);
  t.deepEqual(
    log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields),
    [
      { orderId: 'a', reason: 'too large' },
      { orderId: 'c', reason: 'too large' },
    ],
  );
  await reconcile();
  t.is(state.lookedBack.at(-1), 7 * 24 * HOUR_MS);
});
