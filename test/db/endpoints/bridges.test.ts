import test, { type ExecutionContext } from 'ava';
import { startEndpointSweeps } from '../../../src/bridge/endpoints.js';
import { until } from '../../../src/cli/story/until.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { leaseEndpoints, releaseLease, renewLease } from '../../../src/db/endpoints/leases.js';
import { deliverOldest } from '../../../src/db/events/delivery.js';
import { fanOut } from '../../../src/db/events/fan-out.js';
import { claim, oldestOf } from '../../../src/db/events/undelivered.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import type { DeliverEvents } from '../../../src/domain/event.js';
import { createMetrics } from '../../../src/process/metrics.js';
import { createTestLog } from '../../helpers/broker.js';
import { openPool, placeOrder, product, rows, shopDatabase } from '../../helpers/database.js';
import { addReceiver, endpointWith, serveOnce } from '../../helpers/endpoints.js';
import { createReceiver, typesBySubject } from '../../helpers/receiver.js';
import { HELPER_LIMIT_MS } from '../../helpers/retried.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;
const shop = (t: ExecutionContext) => shopDatabase(t, [product({ stock: 10_000 })]);
const lease = { forMs: 60_000, most: 20 };

function startBridge(t: ExecutionContext, url: string) {
  const metrics = createMetrics('bridge');
  const sweeps = startEndpointSweeps({
    pool: openPool(t, url),
    allowPrivate: true,
    standBack: async () => undefined,
    metrics,
    log: createTestLog(),
    answerLimitMs: HELPER_LIMIT_MS,
  });
  const stop = async () => void (await Promise.all(sweeps.map((sweep) => sweep.stop())));
  t.teardown(stop);
  const figure = async (name: string) =>
    ((await metrics.registry.getSingleMetric(name)?.get())?.values ?? []).reduce((sum, { value }) => sum + value, 0);
  return { stop, figure };
}

async function placeCanceled(pool: Pool, orders: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < orders; n++) {
    const { orderId } = await placeOrder(pool);
    ids.push(orderId);
    await settleOrder(pool, orderId, cancel);
  }
  return ids;
}

const isTaken = async (pool: Pool, events: number) =>
  await until(
    'all deliveries',
    () => rows(pool, "SELECT COUNT(*) AS n FROM event_deliveries WHERE state = 'delivered'"),
    ([row]) => Number(row?.n) === events,
  );

test('three bridges share the endpoints, and each endpoint gets the events of an order in their order', async (t) => {
  const { pool, url } = await shop(t);
  const endpoints = [await endpointWith(t, pool), await endpointWith(t, pool), await endpointWith(t, pool)];
  for (let n = 0; n < 3; n++) startBridge(t, url);
  const ids = await placeCanceled(pool, 60);
  await isTaken(pool, 360);
  for (const { received } of endpoints) {
    const byOrder = typesBySubject(received);
    t.deepEqual(Object.keys(byOrder).toSorted(), ids.toSorted());
    for (const types of Object.values(byOrder)) t.deepEqual(types, ['order.placed', 'order.canceled']);
    t.is(received.length, 120, 'nothing came twice');
  }
});

test('a bridge that stops in the middle leaves the rest to another one at once, and counts what it has done', async (t) => {
  const { pool, url } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const begun = Promise.withResolvers<void>();
  const take = endpoint.answer;
  // Never answers.
  endpoint.answer = () => begun.resolve();
  const first = startBridge(t, url);
  const ids = await placeCanceled(pool, 20);
  await begun.promise;
  endpoint.answer = take;
  await first.stop();
  const [row] = await rows(pool, 'SELECT leased_by, failures FROM endpoints');
  t.deepEqual(row, { leased_by: null, failures: 0 }, 'what was aborted is no failure');
  const second = startBridge(t, url);
  await isTaken(pool, 40);
  t.deepEqual(Object.keys(typesBySubject(endpoint.received)).toSorted(), ids.toSorted());
  await until(
    'the count',
    () => second.figure('orders_endpoint_deliveries_total'),
    (n) => n >= 40,
  );
  await until(
    'the gauge',
    () => second.figure('orders_endpoints_active'),
    (n) => n === 1,
  );
});

test('an endpoint is leased by one bridge, and by another one after the lease or its release', async (t) => {
  const { pool, url } = await shop(t);
  const { endpointId } = await endpointWith(t, pool);
  await placeOrder(pool);
  await fanOut(pool);
  const others = [openPool(t, url, 1), openPool(t, url, 1)] as const;
  const leased = await Promise.all(['a', 'b', 'c'].map((by, n) => leaseEndpoints(others[n] ?? pool, { ...lease, by })));
  t.is(leased.flat().length, 1);
  const by = ['a', 'b', 'c'][leased.findIndex(({ length }) => length > 0)] ?? '';
  t.truthy(await renewLease(pool, endpointId, { by, forMs: 60_000 }));
  t.is(await renewLease(pool, endpointId, { by: 'another', forMs: 60_000 }), undefined);
  await releaseLease(pool, endpointId, 'another');
  t.deepEqual(await leaseEndpoints(pool, { ...lease, by: 'another' }), []);
  await pool.query('UPDATE endpoints SET leased_until = leased_until - INTERVAL 61 SECOND');
  t.is(await renewLease(pool, endpointId, { by, forMs: 60_000 }), undefined, 'a lease that has ended is not renewed');
  t.deepEqual(await leaseEndpoints(pool, { ...lease, by: 'another' }), [endpointId]);
  await releaseLease(pool, endpointId, 'another');
  t.deepEqual(await leaseEndpoints(pool, { ...lease, by }), [endpointId]);
});

test('while one bridge gives an event to the endpoints, another gives no later event of the order', async (t) => {
  const { pool, url } = await shop(t);
  await endpointWith(t, pool);
  const { orderId } = await placeOrder(pool);
  const other = openPool(t, url, 2);
  await inTransaction(pool, async (transaction) => {
    const oldest = await oldestOf(other, ['new']);
    t.is((await claim(transaction, oldest, { stages: ['new'], atOnce: 10 })).length, 1);
    await settleOrder(other, orderId, cancel);
    const { orderId: another } = await placeOrder(other);
    t.is(await fanOut(other), 1);
    t.like(await rows(other, 'SELECT subject FROM event_deliveries'), [{ subject: `order ${another}` }]);
  });
  t.is(await fanOut(pool), 2);
});

test('an event that is due behind another one waits for it, however many they are, and others do not', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const insert = (sku: string, events: number) =>
    pool.query(
      `INSERT INTO events (event_id, type, sku, data, occurred_at) SELECT UUID(), 'stock.back', ?, '{}', UTC_TIMESTAMP(3)
       FROM (WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < ?) SELECT seq FROM n) numbers`,
      [sku, events],
    );
  await insert('mug', 250);
  await insert('lamp', 3);
  while ((await fanOut(pool)) > 0);
  await pool.query('UPDATE event_deliveries SET due_at = due_at + INTERVAL 1 HOUR ORDER BY position LIMIT 1');
  await until(
    'the others',
    async () => void (await serveOnce(pool)),
    () => endpoint.received.length >= 3,
  );
  t.deepEqual(
    endpoint.received.map(({ subject }) => subject),
    ['lamp', 'lamp', 'lamp'],
  );
  await pool.query('UPDATE event_deliveries SET due_at = UTC_TIMESTAMP(3)');
  await until(
    'all of them',
    async () => void (await serveOnce(pool)),
    () => endpoint.received.length >= 253,
  );
  t.is(endpoint.received.length, 253);
  const order = await rows(pool, "SELECT event_id FROM events WHERE sku = 'mug' ORDER BY position");
  t.deepEqual(
    endpoint.received.filter(({ subject }) => subject === 'mug').map(({ id }) => id),
    order.map(({ event_id: id }) => id),
  );
});

/** Confirms nothing before `go`. @returns the ids that the broker was sent */
function heldBroker() {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const deliver: DeliverEvents = async (bySubject) => {
    begun.resolve();
    await go.promise;
    return new Set(bySubject.flat().map(({ eventId }) => eventId));
  };
  return { deliver, begun: begun.promise, go: go.resolve };
}

test('while the broker holds its confirms back, new events are not locked by its delivery', async (t) => {
  const { pool, url } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  await placeOrder(pool);
  await fanOut(pool);
  const { orderId } = await placeOrder(pool);
  const broker = heldBroker();
  const delivery = deliverOldest(openPool(t, url), broker.deliver);
  await broker.begun;
  await serveOnce(pool);
  t.true(endpoint.received.some(({ subject }) => subject === orderId));
  broker.go();
  t.is(await delivery, 1);
});

test('an endpoint that is added between the look and the locks of a delivery misses no event', async (t) => {
  const { pool, url } = await shop(t);
  const receiver = await createReceiver(t);
  const { orderId } = await placeOrder(pool);
  const late = openPool(t, url, 1);
  const begin = late.getConnection.bind(late);
  late.getConnection = async () => {
    await addReceiver(pool, receiver);
    late.getConnection = begin;
    return await begin();
  };
  t.is(await deliverOldest(late, heldByNobody), 0);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(receiver.received), { [orderId]: ['order.placed'] });
});

const heldByNobody: DeliverEvents = async (bySubject) => new Set(bySubject.flat().map(({ eventId }) => eventId));

test('an endpoint that is added while events are given gets each event that is written after it', async (t) => {
  const { pool, url } = await shop(t);
  const receiver = await createReceiver(t);
  startBridge(t, url);
  await placeCanceled(pool, 5);
  await addReceiver(pool, receiver);
  const ids = await placeCanceled(pool, 5);
  await until(
    'the events',
    async () => receiver.received.filter(({ subject }) => ids.includes(subject)).length,
    (n) => n >= 10,
  );
  const byOrder = typesBySubject(receiver.received);
  for (const id of ids) t.deepEqual(byOrder[id], ['order.placed', 'order.canceled']);
});
