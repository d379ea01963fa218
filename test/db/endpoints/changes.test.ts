import test, { type ExecutionContext } from 'ava';
import { Webhook } from 'standardwebhooks';
import { rotateKey } from '../../../src/db/endpoints/endpoint-changes.js';
import { addEndpoint } from '../../../src/db/endpoints/endpoints.js';
import { deleteRemoved } from '../../../src/db/endpoints/removed-endpoints.js';
import { signingKeysOf } from '../../../src/db/endpoints/signing-keys.js';
import { fanOut } from '../../../src/db/events/fan-out.js';
import { deleteOldEvents } from '../../../src/db/events/old-events.js';
import { newKey } from '../../../src/endpoints/keys.js';
import { operateEndpoints } from '../../../src/process/operate-endpoints.js';
import { count, openPool, placeOrder, product, rows, shopDatabase } from '../../helpers/database.js';
import { endpointWith, serveOnce, skipPauses } from '../../helpers/endpoints.js';
import { deliverAll } from '../../helpers/events.js';
import { createReceiver, type TestReceiver } from '../../helpers/receiver.js';

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 10_000 })]);
  return { pool, url, operations: operateEndpoints(pool, { allowPrivate: true }) };
}

/** The endpoint does not answer before `go`. @returns when the first request has come */
function hold(receiver: TestReceiver) {
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const take = receiver.answer;
  receiver.answer = async (request, response) => {
    begun.resolve();
    await go.promise;
    await take(request, response);
  };
  return { begun: begun.promise, go: go.resolve };
}

const wanted = { events: ['*'], signature: 'v1', key: newKey('v1'), publicKey: null, by: 'a test' } as const;

test('an address has one endpoint, also where two processes add it at once, until the endpoint is removed', async (t) => {
  const { pool, url, operations } = await shop(t);
  const address = 'https://shop.example.com/events';
  const add = () => addEndpoint(openPool(t, url, 1), { ...wanted, url: address });
  const results = await Promise.all([add(), add(), add()]);
  t.deepEqual(results.map(({ kind }) => kind).toSorted(), ['added', 'url-used', 'url-used']);
  const [{ endpointId } = { endpointId: '' }] = await operations.list();
  t.true(results.every((result) => result.kind === 'added' || result.endpointId === endpointId));
  t.true(await operations.remove(endpointId));
  t.false(await operations.remove(endpointId));
  t.is((await addEndpoint(pool, { ...wanted, url: address })).kind, 'added');
});

test('an address inside of the own network is refused where it is not allowed, also by its name', async (t) => {
  const { pool } = await shop(t);
  const strict = operateEndpoints(pool, { allowPrivate: false });
  for (const url of ['https://localhost/', 'https://127.0.0.1/', 'https://[::1]/', 'http://shop.example.com/', 'x']) {
    const asked = { ...wanted, url };
    t.is((await strict.add(asked)).kind, 'url-refused', url);
    t.is((await strict.checkAdd(asked))?.kind, 'url-refused', url);
  }
  t.is(await count(pool, 'endpoints'), 0);
});

test('a paused endpoint gets nothing but what is under way, and all of it when it is resumed', async (t) => {
  const { pool, operations } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const { begun, go } = hold(endpoint);
  for (let n = 0; n < 30; n++) await placeOrder(pool);
  const served = serveOnce(pool);
  await begun;
  t.like(await operations.pause(endpoint.endpointId, 'by a test'), { state: 'paused', pausedReason: 'by a test' });
  t.like(await operations.pause(endpoint.endpointId, 'again'), { pausedReason: 'by a test' }, 'the first reason stays');
  go();
  await served;
  for (let n = 0; n < 5; n++) await placeOrder(pool);
  t.deepEqual(await serveOnce(pool), []);
  await operations.resume(endpoint.endpointId, { skipMissed: false });
  await serveOnce(pool);
  t.is(new Set(endpoint.received.map(({ id }) => id)).size, 35);
});

test('a resumed endpoint may leave out what it missed', async (t) => {
  const { pool, operations } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  await operations.pause(endpoint.endpointId, 'by a test');
  for (let n = 0; n < 5; n++) await placeOrder(pool);
  while ((await fanOut(pool)) > 0);
  t.like(await operations.resume(endpoint.endpointId, { skipMissed: true }), { state: 'active', waiting: 0 });
  const { orderId } = await placeOrder(pool);
  t.like(
    await operations.resume(endpoint.endpointId, { skipMissed: true }),
    { state: 'active' },
    'of an active one nothing is left out',
  );
  await serveOnce(pool);
  t.deepEqual(
    endpoint.received.map(({ subject }) => subject),
    [orderId],
  );
  t.deepEqual(await rows(pool, "SELECT COUNT(*) AS n FROM event_deliveries WHERE state = 'skipped'"), [{ n: 5 }]);
});

test('an endpoint that is removed during its deliveries leaves no rows and no key, and the broker its events', async (t) => {
  const { pool, operations } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const { begun, go } = hold(endpoint);
  for (let n = 0; n < 30; n++) await placeOrder(pool);
  const served = serveOnce(pool);
  await begun;
  t.true(await operations.remove(endpoint.endpointId));
  t.deepEqual(await operations.list(), []);
  t.deepEqual(await rows(pool, 'SELECT signing_keys FROM endpoints'), [{ signing_keys: '[]' }]);
  t.is(await signingKeysOf(pool, endpoint.endpointId), undefined);
  go();
  await served;
  while ((await deleteRemoved(pool, 7)) > 0);
  t.deepEqual([await count(pool, 'endpoints'), await count(pool, 'event_deliveries')], [0, 0]);
  await placeOrder(pool);
  t.is((await deliverAll(pool)).length, 31);
});

test('after a rotation both secrets sign for a day, then the new one alone', async (t) => {
  const { pool, operations } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  const rotated = await operations.rotate(endpoint.endpointId);
  const next = rotated.kind === 'rotated' ? (rotated.secret ?? '') : '';
  const verifies = (secret: string): boolean => {
    const { raw, headers } = endpoint.received.at(-1) ?? { raw: '', headers: {} };
    try {
      new Webhook(secret).verify(raw, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  };
  await placeOrder(pool);
  await serveOnce(pool);
  t.is(endpoint.received.at(-1)?.headers['webhook-signature']?.toString().split(' ').length, 2);
  t.deepEqual([verifies(endpoint.secret), verifies(next)], [true, true]);
  const past = new Date(Date.now() - 1_000).toISOString();
  await pool.query("UPDATE endpoints SET signing_keys = JSON_SET(signing_keys, '$[1].until', ?)", [past]);
  await placeOrder(pool);
  await serveOnce(pool);
  t.deepEqual([verifies(endpoint.secret), verifies(next)], [false, true]);
});

test('an endpoint has at most four secrets at a time, also where several persons rotate at once', async (t) => {
  const { pool, operations } = await shop(t);
  const { endpointId } = await endpointWith(t, pool);
  const results = await Promise.all(Array.from({ length: 5 }, () => operations.rotate(endpointId)));
  t.deepEqual(results.map(({ kind }) => kind).toSorted(), ['rotated', 'rotated', 'rotated', 'too-many', 'too-many']);
  const shown = results.flatMap((result) => (result.kind === 'rotated' ? [result.secret] : []));
  const { keys = [] } = (await signingKeysOf(pool, endpointId)) ?? {};
  t.true(shown.every((secret) => keys.includes(secret ?? '')));
  t.is((await operations.rotate('01a2f0de-91c0-7d11-a2f5-0c4d1be55e20')).kind, 'unknown');
  const key = newKey('v1');
  t.is((await rotateKey(pool, endpointId, { key, publicKey: null })).kind, 'too-many');
});

test('no list has a secret, and a key of v1a shows its public part alone', async (t) => {
  const { pool, operations } = await shop(t);
  const receiver = await createReceiver(t);
  const added = await operations.add({ url: receiver.url, events: ['*'], signature: 'v1a', by: 'a test' });
  t.like(added, { kind: 'added', secret: null });
  const { secret } = await endpointWith(t, pool);
  const list = JSON.stringify(await operations.list());
  t.regex(list, /"publicKey":"whpk_/);
  t.notRegex(list, /whs[ek]/);
  t.false(list.includes(secret));
});

test('a test is signed and is no event, and says what the endpoint has answered', async (t) => {
  const { pool, operations } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  await operations.pause(endpoint.endpointId, 'by a test');
  t.deepEqual(await operations.test(endpoint.endpointId), { taken: true, status: 204, reason: null });
  const [request] = endpoint.received;
  t.is(request?.type, 'endpoint.test');
  t.notThrows(() =>
    new Webhook(endpoint.secret).verify(request?.raw ?? '', request?.headers as Record<string, string>),
  );
  endpoint.answer = (_request, response) => void response.writeHead(401).end('who');
  t.deepEqual(await operations.test(endpoint.endpointId), { taken: false, status: 401, reason: 'answered 401: who' });
  await endpoint.stop();
  t.like(await operations.test(endpoint.endpointId), { taken: false, status: null });
  t.is(await operations.test('01a2f0de-91c0-7d11-a2f5-0c4d1be55e20'), undefined);
});

test('an event that an endpoint has not taken is kept, for thirty days at most, and one that it has taken is not', async (t) => {
  const { pool } = await shop(t);
  const endpoint = await endpointWith(t, pool);
  endpoint.answer = (_request, response) => void response.writeHead(500).end();
  for (let n = 0; n < 3; n++) await placeOrder(pool);
  await serveOnce(pool);
  await deliverAll(pool);
  await pool.query('UPDATE events SET delivered_at = delivered_at - INTERVAL 1 DAY');
  const deleteAll = async (): Promise<number> => {
    let deleted = 0;
    let after: Awaited<ReturnType<typeof deleteOldEvents>>['last'];
    do {
      const batch = await deleteOldEvents(pool, 3_600_000, { atOnce: 2, after });
      deleted += batch.deleted;
      after = batch.last;
    } while (after !== undefined);
    return deleted;
  };
  t.is(await deleteAll(), 0);
  await pool.query(
    "UPDATE event_deliveries SET state = 'delivered', ended_at = UTC_TIMESTAMP(3) ORDER BY position LIMIT 1",
  );
  t.is(await deleteAll(), 1);
  await pool.query('UPDATE events SET occurred_at = occurred_at - INTERVAL 30 DAY ORDER BY position LIMIT 1');
  t.is(await deleteAll(), 1);
  t.deepEqual([await count(pool, 'events'), await count(pool, 'event_deliveries')], [1, 1]);
  await skipPauses(pool);
});

test('the database refuses rows of an endpoint that contradict one another', async (t) => {
  const { pool } = await shop(t);
  await endpointWith(t, pool);
  await placeOrder(pool);
  await fanOut(pool);
  for (const statement of [
    "UPDATE endpoints SET state = 'paused'",
    "UPDATE endpoints SET paused_reason = 'none'",
    "UPDATE endpoints SET state = 'removed'",
    'UPDATE endpoints SET url_in_use = NULL',
    "UPDATE event_deliveries SET state = 'delivered'",
    'UPDATE event_deliveries SET ended_at = UTC_TIMESTAMP(3)',
    "UPDATE event_deliveries SET endpoint_id = 'nobody'",
    'DELETE FROM endpoints',
  ])
    await t.throwsAsync(pool.query(statement), { message: /constraint/i }, statement);
});
