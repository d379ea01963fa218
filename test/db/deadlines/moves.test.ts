import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { until } from '../../../src/cli/story/until.js';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { reserve } from '../../../src/db/checkouts/reservations.js';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { createExpirySweep } from '../../../src/db/orders/expiry-sweep.js';
import { recordOrders } from '../../../src/db/orders/orders.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import type { AskedMove } from '../../../src/domain/deadline.js';
import { createTestLog } from '../../helpers/broker.js';
import {
  checkoutRequest,
  openPool,
  placeOrder,
  rows,
  shopDatabase,
  stockOf,
  WINDOW_MS,
} from '../../helpers/database.js';
import { payFor } from '../payment-events.js';

/** The deadline of an order that is open moves, by one guarded UPDATE. */

const MOST_MS = 4 * WINDOW_MS;
const later = ({ expiresAt }: { readonly expiresAt: Date }, ms: number): Date => new Date(expiresAt.getTime() + ms);
const to = (moment: Date): AskedMove => ({ to: moment, by: 'operator' });

const deadlinesOf = async (pool: Pool, orderId: string) =>
  await rows(
    pool,
    `SELECT c.expires_at AS checkout, o.expires_at AS 'order' FROM checkouts c
     LEFT JOIN orders o ON o.order_id = c.order_id WHERE c.order_id = ?`,
    [orderId],
  );
const eventsOf = async (pool: Pool, orderId: string) =>
  (
    await rows(pool, "SELECT data FROM events WHERE order_id = ? AND type = 'order.extended' ORDER BY position", [
      orderId,
    ])
  ).map(({ data }) => {
    const { state, ...facts } = JSON.parse(String(data)) as { state: { expiresAt: string } };
    return { expiresAt: new Date(state.expiresAt).toJSON(), ...facts };
  });

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const order = await placeOrder(pool);
  const move = (asked: AskedMove, orderId = order.orderId) => moveDeadline(pool, orderId, asked, MOST_MS);
  return { pool, url, order, move };
}

test('a deadline moves later and earlier, with an event that holds both deadlines', async (t) => {
  const { pool, order, move } = await shop(t);
  const { orderId, expiresAt } = order;
  const [week, minute] = [later(order, WINDOW_MS), later(order, -60_000)];
  t.deepEqual(await move(to(week)), { kind: 'moved', expiresAt: week });
  t.deepEqual(await move({ to: minute, by: 'shop' }), { kind: 'moved', expiresAt: minute });
  t.deepEqual(await deadlinesOf(pool, orderId), [{ checkout: minute, order: minute }]);
  t.deepEqual(await eventsOf(pool, orderId), [
    { expiresAt: week.toJSON(), previousExpiresAt: expiresAt.toJSON(), by: 'operator' },
    { expiresAt: minute.toJSON(), previousExpiresAt: week.toJSON(), by: 'shop' },
  ]);
  t.deepEqual(await auditDatabase(pool, 1), []);
});

test('a move to the deadline that the order has changes nothing', async (t) => {
  const { pool, order, move } = await shop(t);
  const moment = later(order, 1_000);
  await move(to(moment));
  t.deepEqual(await move(to(moment)), { kind: 'unchanged', expiresAt: moment });
  t.is((await eventsOf(pool, order.orderId)).length, 1);
});

test('a deadline never moves below now, nor past the greatest window after the checkout', async (t) => {
  const { pool, order, move } = await shop(t);
  const latest = new Date(order.createdAt.getTime() + MOST_MS);
  t.deepEqual(await move(to(new Date(latest.getTime() + 1))), { kind: 'too-late', latest });
  t.deepEqual(await move(to(new Date(Date.now() - 60_000))), { kind: 'too-early' });
  t.deepEqual(await eventsOf(pool, order.orderId), []);
  t.like((await deadlinesOf(pool, order.orderId))[0], { checkout: order.expiresAt, order: order.expiresAt });
  t.deepEqual(await move(to(latest)), { kind: 'moved', expiresAt: latest });
});

test('an order that has ended, that is past its deadline, or that nobody knows is not moved', async (t) => {
  const { pool, order: canceled, move } = await shop(t);
  const [paid, late] = [await placeOrder(pool), await placeOrder(pool, { windowMs: -1 })];
  await settleOrder(pool, canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  await settleOrder(pool, paid.orderId, { kind: 'payment', paymentId: await payFor(pool, paid) });
  const moment = to(later(canceled, 1_000));
  t.deepEqual(await move(moment), { kind: 'ended', status: 'canceled' });
  t.deepEqual(await move(moment, paid.orderId), { kind: 'ended', status: 'paid' });
  t.deepEqual(await move(moment, late.orderId), { kind: 'overdue', expiresAt: late.expiresAt });
  await t.throwsAsync(move(moment, randomUUID()), { code: 'order-unknown' });
  t.deepEqual(await rows(pool, "SELECT 1 FROM events WHERE type = 'order.extended'"), []);
});

test('a run moves each order once, also when it is tried again, and another run moves it further', async (t) => {
  const { pool, order, move } = await shop(t);
  const by = (run: string) => move({ laterByMs: 60_000, run, by: 'command' });
  const once = later(order, 60_000);
  const tries = await Promise.all([by('one'), by('one'), by('one')]);
  t.deepEqual(tries.map(({ kind }) => kind).toSorted(), ['moved', 'repeated', 'repeated']);
  t.deepEqual(await by('one'), { kind: 'repeated', expiresAt: once });
  t.deepEqual(await deadlinesOf(pool, order.orderId), [{ checkout: once, order: once }]);
  t.deepEqual(await by('two'), { kind: 'moved', expiresAt: later(order, 120_000) });
});

test('an order that is recorded after the move has the new deadline', async (t) => {
  const { pool, order, move } = await shop(t);
  const moment = later(order, 5_000);
  await move(to(moment));
  const [recorded] = await recordOrders(pool, [order.orderId]);
  t.deepEqual(recorded?.expiresAt, moment);
});

test('a checkout that is repeated after the move is answered with the deadline of now', async (t) => {
  const { pool, move } = await shop(t);
  const request = checkoutRequest();
  const reserveIt = async (orderId = request.orderId) => {
    const [result] = await reserve(pool, [{ ...request, orderId }], WINDOW_MS);
    return result?.kind === 'reserved' ? result : undefined;
  };
  const first = await reserveIt();
  const moment = new Date(Number(first?.checkout.expiresAt) + 1_000);
  await move(to(moment), request.orderId);
  t.like(await reserveIt(randomUUID()), { replayed: true, checkout: { orderId: request.orderId, expiresAt: moment } });
});

test('a legacy cancel before the moved deadline ends nothing', async (t) => {
  const { pool, move } = await shop(t);
  const { orderId, expiresAt } = await placeOrder(pool, { windowMs: 3_000 });
  t.like(await move(to(later({ expiresAt }, WINDOW_MS)), orderId), { kind: 'moved' });
  await until(
    'the first deadline to pass',
    () => rows(pool, 'SELECT UTC_TIMESTAMP(3) > ? AS past', [expiresAt]),
    ([row]) => row?.past === 1,
  );
  const { order } = await settleOrder(pool, orderId, { kind: 'cancel', reason: 'legacy-timeout' });
  t.is(order.status, 'placed');
});

test('an order whose deadline was moved earlier ends at the new deadline, by the sweep', async (t) => {
  const { pool, order, move } = await shop(t);
  const [near] = await rows(pool, 'SELECT UTC_TIMESTAMP(3) + INTERVAL 3 SECOND AS moment');
  t.like(await move(to(near?.moment as Date)), { kind: 'moved' });
  const sweep = createExpirySweep({ pool, byMs: 0, now: Date.now, log: createTestLog() });
  await until('the sweep to end the order', sweep, (ended) => ended === 1);
  const [ended] = await rows(pool, 'SELECT cancel_reason AS reason, settled_at >= expires_at AS inTime FROM orders');
  t.deepEqual(ended, { reason: 'payment-window-expired', inTime: 1 });
  t.like(await stockOf(pool), { reserved: 0 });
  t.like(await move(to(later(order, 1_000))), { kind: 'ended' });
});

test('a move and the end of the window at once: one of them decides, and no event tells of a move that lost', async (t) => {
  const { pool, url } = await shop(t);
  const [one, other] = [openPool(t, url), openPool(t, url)];
  for (let round = 0; round < 40; round++) {
    const order = await placeOrder(pool, { windowMs: 40 });
    const expire = async () => {
      for (;;) {
        const { order: settled } = await settleOrder(one, order.orderId, { kind: 'expired' });
        if (settled.status === 'canceled' || settled.expiresAt > order.expiresAt) return settled.status;
      }
    };
    const moment = later(order, WINDOW_MS);
    // Some moves come before the deadline, some after it, and some at it.
    await new Promise((resolve) => setTimeout(resolve, round % 40));
    const [status, moved] = await Promise.all([expire(), moveDeadline(other, order.orderId, to(moment), MOST_MS)]);
    t.is(moved.kind === 'moved', status === 'placed', `${status} ${moved.kind}`);
    t.is((await eventsOf(pool, order.orderId)).length, status === 'placed' ? 1 : 0);
    await settleOrder(pool, order.orderId, { kind: 'cancel', reason: 'customer-request' });
  }
  t.deepEqual(await auditDatabase(pool, 60), []);
});
