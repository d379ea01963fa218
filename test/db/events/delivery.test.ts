import test, { type ExecutionContext } from 'ava';
import { until } from '../../../src/cli/story/until.js';
import { moveDeadline } from '../../../src/db/deadlines/moves.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { countUndelivered } from '../../../src/db/events/count-undelivered.js';
import { deliverOldest } from '../../../src/db/events/delivery.js';
import { deleteOldEvents } from '../../../src/db/events/old-events.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import type { DeliverEvents, ShopEvent } from '../../../src/domain/event.js';
import { count, openPool, placeOrder, product, rows, shopDatabase, WINDOW_MS } from '../../helpers/database.js';
import { createReceiver, deliverAll } from '../../helpers/events.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const named = ({ subject, type }: ShopEvent) => `${subject} ${type}`;
const confirmAll: DeliverEvents = async (bySubject) => new Set(bySubject.flat().map(({ eventId }) => eventId));

/** Places orders that are canceled at once: two events each. */
async function placeCanceled(pool: Pool, orders: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < orders; n++) {
    const { orderId } = await placeOrder(pool);
    await settleOrder(pool, orderId, cancel);
    ids.push(orderId);
  }
  return ids;
}

/** A delivery that waits, with its rows locked, until the test lets it go on. */
function createHeld() {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const receiver = createReceiver();
  const deliver: DeliverEvents = async (bySubject) => {
    begun.resolve();
    await go.promise;
    return await receiver.deliver(bySubject);
  };
  return { ...receiver, deliver, begun: begun.promise, go: go.resolve };
}

const shop = (t: ExecutionContext) => shopDatabase(t, [product({ stock: 10_000 })]);

test('an event is delivered once it was confirmed, and then no more', async (t) => {
  const { pool } = await shop(t);
  const [orderId] = await placeCanceled(pool, 1);
  t.deepEqual((await deliverAll(pool)).map(named), [`${orderId} order.placed`, `${orderId} order.canceled`]);
  t.deepEqual(await deliverAll(pool), []);
  t.deepEqual(await countUndelivered(pool), { count: 0, oldestSeconds: 0 });
});

test('an event that was not confirmed stays, with all behind it of its order, and stops no other order', async (t) => {
  const { pool } = await shop(t);
  const [bad, good] = await placeCanceled(pool, 2);
  const refusing: DeliverEvents = async (bySubject) =>
    new Set(bySubject.filter(([first]) => first?.subject !== bad).flatMap((events) => events.map((e) => e.eventId)));
  t.is(await deliverOldest(pool, refusing), 2);
  t.is((await countUndelivered(pool)).count, 2);
  const left = await deliverAll(pool);
  t.deepEqual(left.map(named), [`${bad} order.placed`, `${bad} order.canceled`]);
  t.truthy(good);
});

test('while one bridge holds an event, another delivers no later event of the order, and those of other orders', async (t) => {
  const { pool, url } = await shop(t);
  const { orderId, expiresAt } = await placeOrder(pool);
  const held = createHeld();
  const first = deliverOldest(openPool(t, url), held.deliver);
  await held.begun;
  await moveDeadline(pool, orderId, { to: new Date(expiresAt.getTime() + 1), by: 'shop' }, 2 * WINDOW_MS);
  const { orderId: other } = await placeOrder(pool);
  const second = createReceiver();
  t.is(await deliverOldest(pool, second.deliver), 1);
  t.deepEqual(second.received.map(named), [`${other} order.placed`]);
  held.go();
  t.is(await first, 1);
  t.deepEqual((await deliverAll(pool)).map(named), [`${orderId} order.extended`]);
});

test('checkouts and cancels do not wait for a delivery', async (t) => {
  const { pool, url } = await shop(t);
  const { orderId } = await placeOrder(pool);
  const held = createHeld();
  const delivery = deliverOldest(openPool(t, url), held.deliver);
  await held.begun;
  await settleOrder(pool, orderId, cancel);
  await placeCanceled(pool, 3);
  held.go();
  t.is(await delivery, 1);
});

test('a bridge that dies in the middle loses no event', async (t) => {
  const { pool, url } = await shop(t);
  const ids = await placeCanceled(pool, 2);
  const dying = openPool(t, url, 1);
  const [[{ id }]] = (await dying.query('SELECT CONNECTION_ID() AS id')) as unknown as [[{ id: number }]];
  let attempts = 0;
  const killed = deliverOldest(dying, async (bySubject) => {
    if (++attempts === 1) await pool.query(`KILL ${id}`);
    else throw new Error('the process is gone');
    return await confirmAll(bySubject);
  });
  await t.throwsAsync(killed);
  const delivered = await until(
    'the locks are free',
    () => deliverAll(pool),
    (events) => events.length > 0,
  );
  t.deepEqual(
    delivered.map(named),
    ids.flatMap((one) => [`${one} order.placed`, `${one} order.canceled`]),
  );
});

test('two bridges at once deliver each event, those of an order in their order', async (t) => {
  const { pool, url } = await shop(t);
  const ids = await placeCanceled(pool, 40);
  const log: ShopEvent[] = [];
  /** One event at a time, as the confirms come: the lists of different orders are mixed. */
  const slow: DeliverEvents = async (bySubject) => {
    await Promise.all(
      bySubject.map(async (events) => {
        for (const event of events) {
          await pool.query('SELECT 1');
          log.push(event);
        }
      }),
    );
    return await confirmAll(bySubject);
  };
  let more = true;
  const bridge = async () => {
    const own = openPool(t, url, 2);
    while (more || (await countUndelivered(own)).count > 0) await deliverOldest(own, slow);
  };
  const bridges = [bridge(), bridge(), bridge()];
  ids.push(...(await placeCanceled(pool, 40)));
  more = false;
  await Promise.all(bridges);
  for (const id of ids) {
    const ofOrder = log.filter(({ subject }) => subject === id).map(({ sequence }) => sequence);
    t.deepEqual(ofOrder, [1, 2]);
  }
});

test('a backlog is delivered in bounded batches, and several bridges claim different parts of it', async (t) => {
  const { pool, url } = await shop(t);
  await pool.query(
    `INSERT INTO events (event_id, type, sku, data, occurred_at)
     SELECT UUID(), 'stock.back', CONCAT('sku-', seq), '{}', UTC_TIMESTAMP(3) - INTERVAL 1 HOUR
     FROM (WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 900) SELECT seq FROM n) numbers`,
  );
  const waiting = await countUndelivered(pool);
  t.is(waiting.count, 900);
  t.true(waiting.oldestSeconds >= 3_600);
  const held = createHeld();
  const first = deliverOldest(openPool(t, url), held.deliver);
  await held.begun;
  t.is(await deliverOldest(pool, confirmAll), 300);
  held.go();
  t.is(await first, 300);
  t.is((await countUndelivered(pool)).count, 300);
});

test('delivered events are deleted after their time, in bounded batches; an undelivered one stays', async (t) => {
  const { pool } = await shop(t);
  await placeCanceled(pool, 3);
  await deliverAll(pool);
  await pool.query('UPDATE events SET delivered_at = delivered_at - INTERVAL 1 DAY ORDER BY position LIMIT 3');
  await pool.query("UPDATE events SET delivered_at = NULL, occurred_at = '2026-01-01' ORDER BY position DESC LIMIT 1");
  t.deepEqual(
    [
      (await deleteOldEvents(pool, 3_600_000, { atOnce: 2 })).deleted,
      (await deleteOldEvents(pool, 3_600_000, { atOnce: 2 })).deleted,
      (await deleteOldEvents(pool, 1)).deleted,
    ],
    [2, 1, 2],
  );
  t.is(await count(pool, 'events'), 1);
  t.like(await rows(pool, 'SELECT delivered_at FROM events'), [{ delivered_at: null }]);
});
