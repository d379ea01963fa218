import test, { type ExecutionContext } from 'ava';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { operateEvents } from '../../src/process/operate-events.js';
import { serveOperators, serveShop } from '../helpers/app.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { endpointWith, serveOnce } from '../helpers/endpoints.js';
import { deliverAll } from '../helpers/events.js';
import { typesBySubject } from '../helpers/receiver.js';
import { adminToken } from '../helpers/system.js';

/** The routes for events of the operators' listener, over HTTP. */

interface Listed {
  readonly events: {
    readonly eventId: string;
    readonly type: string;
    readonly subject: string;
    delivery: object | null;
  }[];
  readonly next: number | null;
}

async function backOffice(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const endpoint = await endpointWith(t, pool, ['order.*']);
  const { orderId } = await placeOrder(pool);
  await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
  const { orderId: other } = await placeOrder(pool);
  const url = await serveOperators(t, { events: operateEvents(pool) });
  const call = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const method = body === undefined ? 'GET' : 'POST';
    const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const list = async (query = '') => (await call(`/events${query}`)).body as unknown as Listed;
  return { pool, endpoint, orderId, other, call, list };
}

const both = ['order.placed', 'order.canceled'];

test('events are listed by type, order, time and endpoint, page by page, the newest first', async (t) => {
  const { pool, endpoint, orderId, other, list } = await backOffice(t);
  const named = ({ events }: Listed) => events.map(({ type, subject }) => `${type} ${subject}`);
  const all = [`order.placed ${other}`, `order.canceled ${orderId}`, `order.placed ${orderId}`];
  t.deepEqual(named(await list()), all);
  t.deepEqual(named(await list('?type=order.canceled,refund.*')), [all[1]]);
  t.deepEqual(named(await list(`?order=${orderId.toUpperCase()}`)), all.slice(1));
  t.deepEqual(named(await list('?since=2999-01-01T00:00:00Z')), []);
  t.deepEqual(named(await list('?until=2999-01-01T00:00:00Z&undelivered=true')), all);
  const first = await list('?limit=2');
  t.deepEqual(named(first), all.slice(0, 2));
  const second = await list(`?before=${first.next}`);
  t.deepEqual([named(second), second.next], [all.slice(2), null]);
  t.is(first.events[0]?.delivery, null);
  await serveOnce(pool);
  const ofEndpoint = await list(`?endpoint=${endpoint.endpointId}`);
  t.deepEqual(ofEndpoint.events[0]?.delivery, { state: 'delivered', attempts: 0, lastFailure: null });
  t.deepEqual(named(await list(`?endpoint=${endpoint.endpointId}&undelivered=true`)), []);
});

test('a replay sends what was taken again under its id, in order, to an endpoint or to RabbitMQ; a dry run sends nothing', async (t) => {
  const { pool, endpoint, orderId, call, list } = await backOffice(t);
  await serveOnce(pool);
  await deliverAll(pool);
  const before = endpoint.received.splice(0);
  const { endpointId } = endpoint;
  const selected = { order: orderId, endpoint: endpointId };
  t.deepEqual(await call('/events/replay', { ...selected, dryRun: true }), {
    status: 200,
    body: { dryRun: true, replayed: 2, to: endpointId, next: null },
  });
  await serveOnce(pool);
  t.is(endpoint.received.length, 0);
  t.like(await call('/events/replay', selected), { status: 200, body: { dryRun: false, replayed: 2 } });
  await serveOnce(pool);
  t.deepEqual(typesBySubject(endpoint.received), { [orderId]: both });
  t.true(endpoint.received.every(({ id }) => before.some((one) => one.id === id)));

  const [canceled] = (await list('?type=order.canceled')).events;
  const ids = [canceled?.eventId, canceled?.eventId];
  t.deepEqual((await call('/events/replay', { ids, rabbitmq: true })).body, {
    dryRun: false,
    replayed: 1,
    to: 'rabbitmq',
    next: null,
  });
  t.deepEqual(
    (await deliverAll(pool)).map(({ eventId }) => eventId),
    ids.slice(1),
  );
});

test('a replay of what an endpoint has missed leaves out what it has taken, and the types that it does not get', async (t) => {
  const { pool, endpoint, call } = await backOffice(t);
  await serveOnce(pool);
  await pool.query("UPDATE event_deliveries SET state = 'failed' ORDER BY position LIMIT 2");
  const { endpointId } = endpoint;
  t.like((await call('/events/replay', { undelivered: true, endpoint: endpointId })).body, { replayed: 2 });
  await pool.query("UPDATE endpoints SET event_types = 'order.canceled'");
  const since = { since: '2026-01-01T00:00:00Z' };
  t.like((await call('/events/replay', { ...since, endpoint: endpointId, dryRun: true })).body, { replayed: 1 });
});

test('a replay that names what does not exist is refused whole, and the public listener has no such route', async (t) => {
  const { pool, endpoint, call, list } = await backOffice(t);
  await serveOnce(pool);
  const [known] = (await list()).events;
  const unknown = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';
  for (const [body, field, expected] of [
    [{ ids: [known?.eventId, unknown], endpoint: endpoint.endpointId }, 'ids', /not 01a2f0de-91c0/],
    [{ ids: [known?.eventId], endpoint: unknown }, 'endpoint', /an endpoint that exists/],
    [{ ids: [known?.eventId] }, 'endpoint', /either endpoint or rabbitmq/],
    [{ endpoint: endpoint.endpointId }, 'ids', /expected ids, or a selection/],
    [{ endpoint: endpoint.endpointId, after: 7 }, 'ids', /expected ids, or a selection/],
    [{ ids: [known?.eventId], rabbitmq: true, after: 7 }, 'after', /no such field beside ids/],
    [{ type: ['*'], rabbitmq: true, after: 0 }, 'after', /expected next/],
  ] as const) {
    const answer = await call('/events/replay', body);
    t.is(answer.status, 422, JSON.stringify(answer.body));
    const [error] = answer.body['errors'] as { field: string; detail: string }[];
    t.is(error?.field, field);
    t.regex(String(error?.detail), expected);
  }
  t.deepEqual(await rows(pool, "SELECT position FROM event_deliveries WHERE state <> 'delivered'"), []);
  t.is((await fetch(`${await serveShop(t, {})}/events`)).status, 404);
});
