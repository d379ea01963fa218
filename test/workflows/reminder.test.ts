import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { DEADLINE_MOVED } from '../../workflows/contract.js';
import { orderState, paymentReceived } from '../../workflows/messages.js';
import { dropSdkLogs, type Life, standing, withLife } from './life.js';

/** A workflow reminds of each deadline once, at its moment, and nothing waits for the reminder. */

dropSdkLogs();

const MINUTE = 60_000;

/** An order whose deadline a test moves; the reminder is due `dueMs` after the first reading. */
function database(dueMs: number, { windowMs = 10 * MINUTE } = {}) {
  const state = { expiresAt: new Date(0) };
  return {
    state,
    recordOrder: async (orderId: string) => {
      // The worker takes a moment to start.
      if (state.expiresAt.getTime() === 0) state.expiresAt = new Date(Date.now() + windowMs);
      return standing(orderId, {
        expiresAt: state.expiresAt.toISOString(),
        expiresInMs: state.expiresAt.getTime() - Date.now(),
        remindBeforeMs: windowMs - dueMs,
      });
    },
  };
}

const remindersAre = (life: Life, count: number) =>
  until(
    `${count} reminders`,
    async () => life.reminded.length,
    (reminders) => reminders === count,
  );

test('a reminder is made at its moment, and a moved deadline has one of its own', async (t) => {
  const shop = database(1_000);
  await withLife(shop, async (life) => {
    const workflow = await life.begin();
    await remindersAre(life, 1);
    const first = shop.state.expiresAt.toISOString();
    shop.state.expiresAt = new Date(shop.state.expiresAt.getTime() + 4_000);
    await workflow.signal(DEADLINE_MOVED, { expiresAt: shop.state.expiresAt.toISOString() });
    await remindersAre(life, 2);
    t.deepEqual(life.reminded, [first, shop.state.expiresAt.toISOString()]);
    await workflow.signal(paymentReceived, { paymentId: 'pay-1' });
    t.like(await workflow.result(), { status: 'paid' });
  });
});

test('an order that is paid before the reminder reminds nobody', async (t) => {
  await withLife(database(5 * MINUTE), async (life) => {
    const workflow = await life.begin();
    await until('the order to be recorded', () => workflow.query(orderState), Boolean);
    await workflow.signal(paymentReceived, { paymentId: 'pay-1' });
    t.like(await workflow.result(), { status: 'paid' });
    t.deepEqual(life.reminded, []);
  });
});

test('a window that is shorter than the time of the reminder has none', async (t) => {
  const { recordOrder } = database(-1_000);
  await withLife({ recordOrder }, async (life) => {
    const workflow = await life.begin();
    await until('the order to be recorded', () => workflow.query(orderState), Boolean);
    await workflow.signal(paymentReceived, { paymentId: 'pay-1' });
    await workflow.result();
    t.deepEqual(life.reminded, []);
  });
});

test('a reminder that fails delays neither a payment nor the deadline', async (t) => {
  const { recordOrder } = database(500, { windowMs: 4_000 });
  const remindOfDeadline = async (): Promise<never> => {
    throw new Error('away');
  };
  await withLife({ recordOrder, remindOfDeadline }, async (life) => {
    const workflow = await life.begin();
    t.like(await workflow.result(), { status: 'canceled', cancelReason: 'payment-window-expired' });
    t.true(life.reminded.length > 0);
    t.deepEqual(life.causes, [{ kind: 'expired' }]);
  });
});

test('a signal at the moment of the reminder loses no reminder', async (t) => {
  const shop = database(1_500);
  const settleOrder = async (orderId: string) => await shop.recordOrder(orderId);
  await withLife({ ...shop, settleOrder }, async (life) => {
    const workflow = await life.begin();
    let sent = 0;
    await until(
      'the reminder, among signals',
      async () => {
        await workflow.signal(paymentReceived, { paymentId: `unknown-${++sent}` });
        return life.reminded.length;
      },
      (reminders) => reminders === 1,
    );
    t.deepEqual(life.reminded, [shop.state.expiresAt.toISOString()]);
  });
});
