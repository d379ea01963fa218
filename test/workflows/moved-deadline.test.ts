import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { DEADLINE_MOVED, type OrderStanding } from '../../workflows/contract.js';
import { orderState } from '../../workflows/messages.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

/** A workflow follows the deadline of the database, whatever the signals say. */

dropSdkLogs();

const at = (ms: number) => new Date(Date.now() + ms).toISOString();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A database whose order has a deadline that a test moves, and how often it was asked. */
function database(firstMs: number) {
  const state = { expiresAt: at(firstMs), status: 'placed' as OrderStanding['status'], reads: 0 };
  const now = (orderId: string): OrderStanding => {
    const expiresInMs = Math.max(0, Date.parse(state.expiresAt) - Date.now());
    return standing(orderId, { status: state.status, expiresAt: state.expiresAt, expiresInMs });
  };
  return {
    state,
    recordOrder: async (orderId: string) => {
      state.reads++;
      return now(orderId);
    },
    settleOrder: async (orderId: string) => {
      const order = now(orderId);
      return order.expiresInMs > 0 || order.status !== 'placed'
        ? order
        : { ...order, status: 'canceled' as const, cancelReason: 'payment-window-expired' as const };
    },
  };
}

async function placed({ begin }: Life) {
  const workflow = await begin();
  await until('the order to be recorded', () => workflow.query(orderState), Boolean);
  return workflow;
}

type Workflow = Awaited<ReturnType<typeof placed>>;

const knows = (workflow: Workflow, expiresAt: string) =>
  until(
    `the deadline to be ${expiresAt}`,
    () => workflow.query(orderState),
    (state) => state?.expiresAt === expiresAt,
  );

const summariesOf = async (workflow: Workflow) =>
  ((await workflow.fetchHistory()).events ?? [])
    .filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes)
    .map(({ userMetadata }) => JSON.parse(Buffer.from(userMetadata?.summary?.data ?? []).toString()) as string);

test('a deadline that was moved later has a timer of its own, whose summary says until when', async (t) => {
  const shop = database(MINUTE);
  await withLife(shop, async (life) => {
    const workflow = await placed(life);
    const first = shop.state.expiresAt;
    shop.state.expiresAt = at(DAY);
    await workflow.signal(DEADLINE_MOVED, { expiresAt: shop.state.expiresAt });
    await knows(workflow, shop.state.expiresAt);
    await until(
      'the second timer',
      () => summariesOf(workflow),
      (summaries) => summaries.length === 2,
    );
    t.deepEqual(
      await summariesOf(workflow),
      [first, shop.state.expiresAt].map((end) => `hold the stock until ${end}`),
    );
    t.deepEqual(life.causes, []);
  });
});

test('a deadline that was moved earlier ends the order then', async (t) => {
  const shop = database(DAY);
  await withLife(shop, async (life) => {
    const workflow = await placed(life);
    shop.state.expiresAt = at(500);
    await workflow.signal(DEADLINE_MOVED, { expiresAt: shop.state.expiresAt });
    t.like(await workflow.result(), { status: 'canceled', cancelReason: 'payment-window-expired' });
    t.deepEqual(life.causes, [{ kind: 'expired' }]);
  });
});

test('a move whose signal was lost is learned at the old deadline, and the order goes on', async (t) => {
  const shop = database(5_000);
  await withLife(shop, async (life) => {
    const workflow = await placed(life);
    shop.state.expiresAt = at(DAY);
    await knows(workflow, shop.state.expiresAt);
    t.deepEqual(life.causes, [{ kind: 'expired' }]);
    shop.state.status = 'paid';
    await workflow.signal(DEADLINE_MOVED, { expiresAt: at(2 * DAY) });
    t.like(await workflow.result(), { status: 'paid' });
  });
});

test('forged, late and repeated signals change no deadline, and a repeated one asks nothing', async (t) => {
  const shop = database(DAY);
  await withLife(shop, async (life) => {
    const workflow = await placed(life);
    const { expiresAt } = shop.state;
    t.is(shop.state.reads, 1);
    for (const signal of [
      { expiresAt },
      {},
      undefined,
      null,
      'soon',
      { expiresAt: 7 },
      { expiresAt: 'x'.repeat(41) },
    ]) {
      await workflow.signal(DEADLINE_MOVED, signal);
    }
    await workflow.query(orderState);
    t.is(shop.state.reads, 1);
    for (const forged of [at(-DAY), at(2 * DAY), 'soon']) await workflow.signal(DEADLINE_MOVED, { expiresAt: forged });
    await until(
      'the workflow to ask',
      async () => shop.state.reads,
      (reads) => reads > 1,
    );
    t.like(await workflow.query(orderState), { status: 'placed', expiresAt });
    t.deepEqual(life.causes, []);
  });
});
