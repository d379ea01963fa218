import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { expectOnly, startHttpLoad } from '../../bench/harness/http-load.js';

async function start(t: ExecutionContext, listener: RequestListener) {
  const server = createServer((request, response) => {
    if (request.url === '/livez') response.end();
    else listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const load = startHttpLoad();
  t.teardown(async () => {
    await load.stop();
    server.close();
  });
  return { load, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('each request of a factory is sent once, and answers are counted by status', async (t) => {
  const keys = new Set<unknown>();
  let seen = 0;
  const { load, url } = await start(t, ({ headers }, response) => {
    keys.add(headers['idempotency-key']);
    response.writeHead(++seen % 4 === 0 ? 503 : 201).end('{}');
  });
  const module = new URL('../../bench/checkout-requests.js', import.meta.url).href;
  const requests = { module, name: 'checkoutRequests', options: { skus: ['mug'], lines: 1 } };
  const result = await load.run({ url, connections: 8, amount: { count: 100 }, requests });
  t.is(keys.size, 100);
  t.deepEqual(result.answers, { 201: 75, 503: 25 });
  t.is(
    result.tenths.reduce((sum, each) => sum + each),
    100,
  );
  t.throws(() => expectOnly(201, result), { message: /"503":25/ });
});

test('a prepared list is sent in turn, again in the next run, and a rate gives the number of requests', async (t) => {
  const bodies: string[] = [];
  const { load, url } = await start(t, async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk));
    response.end();
  });
  const requests = ['a', 'b'].map((body) => ({ method: 'POST', path: '/', body }) as const);
  await load.run({ url, connections: 1, amount: { count: 3 }, requests });
  t.deepEqual(bodies.splice(0), ['a', 'b', 'a']);
  const { count } = await load.run({ url, connections: 2, amount: { seconds: 0.1 }, rate: 200, requests });
  t.is(count, 20);
  t.is(bodies.length, 20);
});

test('a connection that breaks is a request without an answer, and the load goes on', async (t) => {
  let seen = 0;
  const { load, url } = await start(t, (request, response) => {
    if (++seen === 2) request.socket.destroy();
    else response.end();
  });
  const requests = [{ method: 'POST', path: '/' }] as const;
  const { answers, failure } = await load.run({ url, connections: 1, amount: { count: 5 }, requests });
  t.deepEqual(answers, { 200: 4, none: 1 });
  t.regex(failure ?? '', /other side closed/);
});
