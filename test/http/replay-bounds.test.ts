import { once } from 'node:events';
import test from 'ava';
import { operateEvents } from '../../src/process/operate-events.js';
import { serveOperators } from '../helpers/app.js';
import { placeOrder, rows, shopDatabase } from '../helpers/database.js';
import { endpointWith } from '../helpers/endpoints.js';
import { adminToken } from '../helpers/system.js';

test('a replay sends at most 10,000 events for one request, and the rest for the next one', async (t) => {
  const { pool } = await shopDatabase(t);
  const url = await serveOperators(t, { events: operateEvents(pool) });
  const replay = async (body: object) => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const response = await fetch(`${url}/events/replay`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as { readonly next: number | null };
  };
  const digits = '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5)';
  await pool.query(
    `INSERT INTO events (event_id, type, sku, data, occurred_at, delivered_at)
     SELECT UUID(), 'stock.back', 'mug', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
     FROM ${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${digits} ${name}`).join(', ')} LIMIT 10050`,
  );
  const selected = { type: ['stock.back'], rabbitmq: true };
  const counted = await replay({ ...selected, dryRun: true });
  const waiting = "SELECT COUNT(*) AS n FROM events WHERE type = 'stock.back' AND delivered_at = '9999-12-31'";
  t.deepEqual(await rows(pool, waiting), [{ n: 0 }]);
  const first = await replay(selected);
  t.like(first, { replayed: 10_000, next: counted.next });
  t.deepEqual(await rows(pool, waiting), [{ n: 10_000 }]);
  const rest = await replay({ ...selected, after: first.next });
  t.like(rest, { replayed: 50, next: null });
  t.deepEqual(await rows(pool, waiting), [{ n: 10_050 }]);
});

test('a replay whose client has gone sends no further batch', async (t) => {
  const { pool } = await shopDatabase(t);
  const endpoint = await endpointWith(t, pool);
  await placeOrder(pool);
  const { list, replay } = operateEvents(pool);
  const client = new AbortController();
  const ended = new Promise((resolve) => {
    const replayWhenGone: typeof replay = async (asked, options) => {
      client.abort();
      await once(options.signal ?? client.signal, 'abort');
      const result = await replay(asked, options);
      resolve(result);
      return result;
    };
    const served = serveOperators(t, { events: { list, replay: replayWhenGone } });
    void served.then((url) =>
      fetch(`${url}/events/replay`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminToken}` },
        body: JSON.stringify({ type: ['*'], endpoint: endpoint.endpointId }),
        signal: client.signal,
      }).catch(() => undefined),
    );
  });
  t.like(await ended, { kind: 'replayed', replayed: 0 });
  t.deepEqual(await rows(pool, 'SELECT position FROM event_deliveries'), []);
});
