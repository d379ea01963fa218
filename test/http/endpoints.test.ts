import test, { type ExecutionContext } from 'ava';
import { operateEndpoints } from '../../src/process/operate-endpoints.js';
import { serveOperators, serveShop } from '../helpers/app.js';
import { count, shopDatabase } from '../helpers/database.js';
import { createReceiver } from '../helpers/receiver.js';
import { adminToken } from '../helpers/system.js';

/** The routes for endpoints of the operators' listener, over HTTP. */

async function backOffice(t: ExecutionContext) {
  const { pool } = await shopDatabase(t);
  const url = await serveOperators(t, { endpoints: operateEndpoints(pool, { allowPrivate: true }) });
  const call = async (method: string, path: string, body?: object, base = url) => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      location: response.headers.get('location'),
      cache: response.headers.get('cache-control'),
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  };
  return { pool, call };
}

const NOBODY = '/endpoints/01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';

test('an endpoint is added, listed, paused, resumed, rotated, tested and removed, and its secret is shown twice only', async (t) => {
  const { call } = await backOffice(t);
  const receiver = await createReceiver(t);
  const added = await call('POST', '/endpoints', { url: receiver.url, events: ['order.paid', 'refund.*'], by: 'ada' });
  const one = `/endpoints/${added.body['endpointId']}`;
  t.like(added, { status: 201, location: one, cache: 'no-store' });
  t.regex(String(added.body['secret']), /^whsec_/);
  const { secret, ...endpoint } = added.body;
  t.like(endpoint, {
    url: receiver.url,
    events: ['order.paid', 'refund.*'],
    signature: 'v1',
    state: 'active',
    waiting: 0,
  });
  t.deepEqual((await call('GET', '/endpoints')).body, { endpoints: [endpoint] });
  t.deepEqual((await call('GET', one.toUpperCase().replace('/ENDPOINTS', '/endpoints'))).body, endpoint);
  const paused = await call('POST', `${one}/pause`, { reason: 'moves', by: 'ada' });
  t.like(paused, { status: 200, body: { state: 'paused', pausedReason: 'by ada: moves' } });
  t.like(await call('POST', `${one}/pause`), { status: 200, body: { pausedReason: 'by ada: moves' } });
  t.like(await call('POST', `${one}/resume`), { status: 200, body: { state: 'active', pausedReason: null } });
  const rotated = await call('POST', `${one}/rotate`);
  t.is(rotated.status, 200);
  t.regex(String(rotated.body['secret']), /^whsec_/);
  t.not(rotated.body['secret'], secret);
  t.true(Date.parse(String(rotated.body['oldUntil'])) > Date.now() + 23 * 3_600_000);
  t.like(await call('POST', `${one}/test`), { status: 200, body: { taken: true, status: 204, reason: null } });
  t.is(receiver.received[0]?.headers['webhook-signature']?.toString().split(' ').length, 2);
  const all = JSON.stringify([
    await call('GET', '/endpoints'),
    await call('GET', one),
    await call('POST', `${one}/pause`),
  ]);
  t.notRegex(all, /whsec_/);
  t.is((await call('DELETE', one)).status, 204);
  t.is((await call('DELETE', one)).status, 404);
});

test('an address that has an endpoint, or that is refused, is answered with the reason and the field', async (t) => {
  const { pool, call } = await backOffice(t);
  const url = 'https://shop.example.com/events';
  const { body } = await call('POST', '/endpoints', { url });
  t.like(await call('POST', '/endpoints', { url }), {
    status: 409,
    body: { type: 'urn:order-bridge:problem:endpoint-exists', endpointId: body['endpointId'] },
  });
  t.like(await call('POST', '/endpoints', { url: 'ftp://shop.example.com' }), {
    status: 422,
    body: { errors: [{ field: 'url', pointer: '/url', detail: 'expected a URL that begins with https://' }] },
  });
  for (const [wrong, field] of [
    [{ events: ['order.sent'] }, 'events[0]'],
    [{ events: [] }, 'events'],
    [{ signature: 'v2' }, 'signature'],
    [{ by: '' }, 'by'],
    [{ secret: 'whsec_mine' }, 'secret'],
  ] as const) {
    const { status, body: problem } = await call('POST', '/endpoints', { url, ...wrong });
    t.is(status, 422);
    t.is((problem['errors'] as { field: string }[])[0]?.field, field);
  }
  t.is(await count(pool, 'endpoints'), 1);
});

test('a dry run says what would be added, is refused as the request would be, and adds nothing', async (t) => {
  const { pool, call } = await backOffice(t);
  const url = 'https://shop.example.com/events';
  const dry = await call('POST', '/endpoints', { url, dryRun: true, events: ['order.*', 'order.*'] });
  t.is(dry.status, 200);
  t.deepEqual(dry.body, { dryRun: true, url, events: ['order.*'], signature: 'v1', by: 'operator' });
  t.is((await call('POST', '/endpoints', { url: 'ftp://shop.example.com', dryRun: true })).status, 422);
  t.is((await call('POST', '/endpoints', { url, dryRun: 'yes' })).status, 422);
  t.is(await count(pool, 'endpoints'), 0);
  t.is((await call('POST', '/endpoints', { url, dryRun: false })).status, 201);
  t.is((await call('POST', '/endpoints', { url, dryRun: true })).status, 409);
  t.is(await count(pool, 'endpoints'), 1);
});

test('an unknown endpoint is a 404, and the public listener has no such route', async (t) => {
  const { call } = await backOffice(t);
  for (const path of [NOBODY, '/endpoints/nobody']) {
    t.is((await call('GET', path)).status, 404);
    t.is((await call('DELETE', path)).status, 404);
    for (const action of ['pause', 'resume', 'rotate', 'test'])
      t.is((await call('POST', `${path}/${action}`)).status, 404, action);
  }
  const shopUrl = await serveShop(t, {});
  t.is((await call('GET', '/endpoints', undefined, shopUrl)).status, 404);
  t.is((await call('POST', `${NOBODY}/resume`, { skipMissed: 'yes' })).status, 422);
});

test('a fifth key within a day is refused', async (t) => {
  const { call } = await backOffice(t);
  const { body } = await call('POST', '/endpoints', { url: 'https://shop.example.com/', signature: 'v1a' });
  t.like(body, { secret: null, signature: 'v1a' });
  t.regex(String(body['publicKey']), /^whpk_/);
  const rotate = () => call('POST', `/endpoints/${body['endpointId']}/rotate`);
  for (let n = 0; n < 3; n++) t.is((await rotate()).status, 200);
  t.like(await rotate(), { status: 409, body: { type: 'urn:order-bridge:problem:too-many-keys', limit: 4 } });
});
