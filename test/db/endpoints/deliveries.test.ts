import test, { type ExecutionContext } from 'ava';
import { Webhook } from 'standardwebhooks';
import type { Pool } from '../../../src/db/driver/pool.js';
import { findEndpoint } from '../../../src/db/endpoints/endpoints.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { placeOrder, product, rows, shopDatabase } from '../../helpers/database.js';
import { endpointWith, serveOnce, skipPauses } from '../../helpers/endpoints.js';
import { deliverAll } from '../../helpers/events.js';
import { typesBySubject } from '../../helpers/receiver.js';

const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

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

const both = ['order.placed', 'order.canceled'];
const allOf = (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, both]));
const shop = (t: ExecutionContext) => shopDatabase(t, [product({ stock: 10_000 })]);
const states = async (pool: Pool) =>
  (await rows(pool, 'SELECT state, attempts FROM event_deliveries ORDER BY position, endpoint_id')).map(
    ({ state, attempts }) => `${state} ${attempts}`,
  );

test('an endpoint gets each event once, signed, with the id of the event, in the order of its order', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const ids = await placeCanceled(pool, 30);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), allOf(ids));
  t.is(endpoint.asked.length, 60);
  t.deepEqual(await serveOnce(pool), []);
  const events = await rows(pool, 'SELECT event_id, type, order_id, sequence FROM events ORDER BY position LIMIT 1');
  const first = endpoint.received.find(({ id }) => id === events[0]?.event_id);
  t.like(first, { type: 'order.placed', subject: ids[0], sequence: 1 });
  for (const { headers, raw, id } of endpoint.received) {
    t.is(headers['webhook-id'], id);
    t.notThrows(() => new Webhook(endpoint.secret).verify(raw, headers as Record<string, string>));
  }
  const { data, timestamp } = JSON.parse(first?.raw ?? '{}') as { data: object; timestamp: string };
  t.like(data, { orderId: ids[0], amount: 1_250, status: 'placed' });
  t.true(Date.parse(timestamp) > 0);
  t.false(first?.raw.includes('readToken'));
});

test('an endpoint gets the types that it wants, and the events from its addition on', async (t) => {
  const { pool } = await shop(t);
  await placeCanceled(pool, 1);
  await pool.query('UPDATE events SET occurred_at = occurred_at - INTERVAL 2 MINUTE');
  const canceled = await endpointWith(t, pool, ['order.canceled']);
  const stock = await endpointWith(t, pool, ['stock.*']);
  const [id = ''] = await placeCanceled(pool, 1);
  await pool.query(
    `INSERT INTO events (event_id, type, sku, data, occurred_at) VALUES (UUID(), 'stock.back', 'mug', '{}', UTC_TIMESTAMP(3))`,
  );
  await serveOnce(pool);
  t.deepEqual(typesBySubject(canceled.received), { [id]: ['order.canceled'] });
  t.deepEqual(typesBySubject(stock.received), { mug: ['stock.back'] });
});

test('the broker gets each event once more, whether or not the endpoints have taken it', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  endpoint.answer = (_request, response) => void response.writeHead(500).end();
  const [id] = await placeCanceled(pool, 1);
  t.deepEqual(await deliverAll(pool), [], 'not before the endpoints have their rows');
  await serveOnce(pool);
  t.deepEqual(
    (await deliverAll(pool)).map(({ subject, type }) => `${subject} ${type}`),
    both.map((type) => `${id} ${type}`),
  );
  t.deepEqual(await deliverAll(pool), []);
});

test('an event that is not taken is retried after a pause, the later ones of its order wait for it, others do not', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const [bad = '', good = ''] = await placeCanceled(pool, 2);
  const take = endpoint.answer;
  endpoint.answer = (request, response) =>
    request.subject === bad ? void response.writeHead(500).end('no') : take(request, response);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), { [good]: both });
  t.deepEqual((await states(pool)).toSorted(), ['delivered 0', 'delivered 0', 'waiting 0', 'waiting 1']);
  t.is(endpoint.asked.filter(({ subject }) => subject === bad).length, 1);
  t.deepEqual(await serveOnce(pool), [], 'not before the end of the pause');
  endpoint.answer = take;
  await skipPauses(pool);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), { [bad]: both, [good]: both });
  const repeated = endpoint.asked.filter(({ subject, type }) => subject === bad && type === 'order.placed');
  t.is(new Set(repeated.map(({ id, raw }) => `${id} ${raw}`)).size, 1, 'each try has the same id and body');
});

test('an endpoint that was away gets everything in the order of each order when it is back', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  await endpoint.stop();
  const ids = await placeCanceled(pool, 5);
  const [first] = await serveOnce(pool);
  t.true(first?.outcome.isFailingNow);
  t.like(await findEndpoint(pool, endpoint.endpointId), { state: 'active', waiting: 10 });
  await skipPauses(pool);
  const [second] = await serveOnce(pool);
  t.is(second?.results.failed.length, 1, 'one event finds out whether a failing endpoint answers');
  t.false(second?.outcome.isFailingNow);
  ids.push(...(await placeCanceled(pool, 5)));
  await endpoint.start();
  await skipPauses(pool);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), allOf(ids));
  t.like(await findEndpoint(pool, endpoint.endpointId), { failingSince: null, lastFailure: null, waiting: 0 });
});

test('an endpoint that takes nothing for three days is paused with the reason, and gets what it missed when it is resumed', async (t) => {
  const { pool } = await shop(t);
  const { endpoints } = await operating(pool);
  const endpoint = await endpointWith(t, pool);
  endpoint.answer = (_request, response) => void response.writeHead(500).end('no database');
  const ids = await placeCanceled(pool, 1);
  await serveOnce(pool);
  await pool.query('UPDATE endpoints SET failing_since = failing_since - INTERVAL 71 HOUR');
  await skipPauses(pool);
  const [early] = await serveOnce(pool);
  t.is(early?.outcome.paused, undefined);
  await pool.query('UPDATE endpoints SET failing_since = failing_since - INTERVAL 1 HOUR');
  await skipPauses(pool);
  const [late] = await serveOnce(pool);
  t.regex(late?.outcome.paused ?? '', /no event was taken for three days, the last: answered 500: no database/);
  ids.push(...(await placeCanceled(pool, 1)));
  await skipPauses(pool);
  t.deepEqual(await serveOnce(pool), []);
  const paused = await findEndpoint(pool, endpoint.endpointId);
  t.like(paused, { state: 'paused', pausedReason: late?.outcome.paused, waiting: 4 });
  const { length: before } = endpoint.asked;
  endpoint.answer = (request, response) => {
    endpoint.received.push(request);
    response.writeHead(200).end();
  };
  t.like(await endpoints.resume(endpoint.endpointId, { skipMissed: false }), { state: 'active', pausedReason: null });
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), allOf(ids));
  t.is(endpoint.asked.length - before, 4);
});

test('an event that is not taken for three days, while others are, is given up, and the later ones of its order follow', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const take = endpoint.answer;
  const [id = ''] = await placeCanceled(pool, 1);
  endpoint.answer = (request, response) =>
    request.subject === id && request.type === 'order.placed'
      ? void response.writeHead(400).end()
      : take(request, response);
  await placeCanceled(pool, 1);
  await serveOnce(pool);
  await pool.query('UPDATE event_deliveries SET first_failed_at = first_failed_at - INTERVAL 3 DAY');
  await pool.query('UPDATE endpoints SET active_since = active_since - INTERVAL 3 DAY');
  await skipPauses(pool);
  await placeCanceled(pool, 1);
  const givenUp = (await serveOnce(pool)).reduce((sum, { outcome }) => sum + outcome.givenUp, 0);
  t.is(givenUp, 1);
  await skipPauses(pool);
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received)[id], ['order.canceled']);
  t.like(await findEndpoint(pool, endpoint.endpointId), { state: 'active', waiting: 0 });
});

test('410 pauses at once', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  endpoint.answer = (_request, response) => void response.writeHead(410).end();
  await placeCanceled(pool, 1);
  const [served] = await serveOnce(pool);
  t.is(served?.outcome.paused, 'answered 410');
  t.like(await findEndpoint(pool, endpoint.endpointId), { state: 'paused', pausedReason: 'answered 410', waiting: 2 });
});

test('Retry-After leaves the whole endpoint alone, for an hour at most', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  for (const [header, least, most] of [
    ['600', 599, 600],
    ['999999', 3_599, 3_600],
  ] as const) {
    endpoint.answer = (_request, response) => void response.writeHead(429, { 'retry-after': header }).end();
    await placeCanceled(pool, 1);
    await skipPauses(pool);
    await serveOnce(pool);
    const [row] = await rows(
      pool,
      'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), retry_at) + 1 AS seconds FROM endpoints',
    );
    t.true(Number(row?.seconds) >= least - 300 && Number(row?.seconds) <= most, JSON.stringify(row));
  }
});

test('a slow endpoint and one that fails delay no other', async (t) => {
  const { pool } = await shop(t);
  const [slow, failing, fast] = [
    await endpointWith(t, pool),
    await endpointWith(t, pool),
    await endpointWith(t, pool),
  ] as const;
  const go = Promise.withResolvers<void>();
  slow.answer = async (_request, response) => {
    await go.promise;
    response.writeHead(204).end();
  };
  failing.answer = (_request, response) => void response.destroy();
  const ids = await placeCanceled(pool, 20);
  const isServed = Promise.withResolvers<void>();
  fast.answer = (request, response) => {
    fast.received.push(request);
    response.writeHead(204).end();
    if (fast.received.length === 40) isServed.resolve();
  };
  const served = serveOnce(pool);
  await isServed.promise;
  t.deepEqual(typesBySubject(fast.received), allOf(ids));
  t.true(slow.asked.length <= 10, 'at most ten requests at the same time');
  go.resolve();
  await served;
});

async function operating(pool: Pool) {
  const { operateEndpoints } = await import('../../../src/process/operate-endpoints.js');
  return { endpoints: operateEndpoints(pool, { allowPrivate: true }) };
}
