import test from 'ava';
import { positionsOf, replayToBroker, replayToEndpoint } from '../../../src/db/events/replay.js';
import { operateEvents } from '../../../src/process/operate-events.js';
import { placeOrder, rows, shopDatabase } from '../../helpers/database.js';
import { endpointWith, serveOnce } from '../../helpers/endpoints.js';
import { deliverAll } from '../../helpers/events.js';

const deliveries = 'SELECT state, attempts, last_failure, due_at, ended_at FROM event_deliveries ORDER BY position';

test('a replay to RabbitMQ of an event that no endpoint has yet does not take the event from the endpoints', async (t) => {
  const { pool } = await shopDatabase(t);
  const endpoint = await endpointWith(t, pool);
  await placeOrder(pool);
  const events = await rows(pool, 'SELECT event_id, position FROM events');
  const ids = events.map((row) => String(row['event_id']));
  const positions = (await positionsOf(pool, ids)).map(({ position }) => position);
  t.is(await replayToBroker(pool, positions), 0);
  await serveOnce(pool);
  t.is(endpoint.received.length, 1);
  t.is(await replayToBroker(pool, positions), 0, 'RabbitMQ gets it in any case');
  t.is((await deliverAll(pool)).length, 1);
  t.is(await replayToBroker(pool, positions), 1);
  t.is((await deliverAll(pool)).length, 1);
});

test('a replay to an endpoint leaves what waits as it is, and begins anew what was given up', async (t) => {
  const { pool } = await shopDatabase(t);
  const endpoint = await endpointWith(t, pool);
  endpoint.answer = (_request, response) => void response.writeHead(500).end();
  await placeOrder(pool);
  await serveOnce(pool);
  const [waiting] = await rows(pool, deliveries);
  t.like(waiting, { state: 'waiting', attempts: 1 });
  const [{ position } = {}] = await rows(pool, 'SELECT position FROM events');
  await replayToEndpoint(pool, endpoint.endpointId, [Number(position)]);
  t.deepEqual(await rows(pool, deliveries), [waiting]);
  await pool.query("UPDATE event_deliveries SET state = 'failed', ended_at = UTC_TIMESTAMP(3)");
  await replayToEndpoint(pool, endpoint.endpointId, [Number(position)]);
  t.like((await rows(pool, deliveries))[0], { state: 'waiting', attempts: 0, last_failure: null, ended_at: null });
});

test('a replay of which one id is unknown sends nothing, and neither does a dry run', async (t) => {
  const { pool } = await shopDatabase(t);
  await placeOrder(pool);
  await deliverAll(pool);
  const [{ event_id: id } = {}] = await rows(pool, 'SELECT event_id FROM events');
  const { replay } = operateEvents(pool);
  const unknown = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';
  t.deepEqual(await replay({ ids: [String(id), unknown], filters: {} }, { dryRun: false }), {
    kind: 'unknown-events',
    ids: [unknown],
  });
  t.like(await replay({ ids: [String(id)], filters: {} }, { dryRun: true }), { kind: 'replayed', replayed: 1 });
  t.deepEqual(await deliverAll(pool), []);
});
