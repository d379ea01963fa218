import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type Answer, openConnections } from '../../src/endpoints/post.js';
import { testOf } from '../../src/endpoints/webhook.js';
import { createReceiver } from '../helpers/receiver.js';

const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const webhook = testOf('msg_1', [key], Date.now());
const never = new AbortController().signal;

async function post(t: ExecutionContext, url: string, options: { limitMs?: number; allowPrivate?: boolean } = {}) {
  const connections = openConnections(url, { allowPrivate: true, ...options });
  t.teardown(async () => connections.close());
  return await connections.post(webhook, never);
}

/** An endpoint that answers each connection with these bytes. */
async function rawServer(t: ExecutionContext, answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('data', () => answer(socket));
    // The client breaks the connection.
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

test('only a 2xx is taken, and the reason of any other answer has its status and its beginning', async (t) => {
  const receiver = await createReceiver(t);
  const statusOf = async (status: number, body = ''): Promise<Answer> => {
    receiver.answer = (_request, response) => void response.writeHead(status).end(body);
    return await post(t, receiver.url);
  };
  for (const status of [200, 201, 202, 204]) t.deepEqual(await statusOf(status), { kind: 'taken', status });
  t.deepEqual(await statusOf(500, 'no\n\x07 database'), {
    kind: 'failed',
    status: 500,
    reason: 'answered 500: no database',
  });
  t.deepEqual(await statusOf(404), { kind: 'failed', status: 404, reason: 'answered 404' });
  t.deepEqual(await statusOf(410, 'moved'), { kind: 'gone', reason: 'answered 410: moved' });
});

test('a redirect is not followed', async (t) => {
  const [from, to] = [await createReceiver(t), await createReceiver(t)];
  for (const status of [301, 302, 303, 307, 308]) {
    from.answer = (_request, response) => void response.writeHead(status, { location: to.url }).end();
    t.like(await post(t, from.url), { kind: 'failed', status });
  }
  t.is(to.asked.length, 0);
});

test('Retry-After of a 429 and a 503 is read, as seconds and as a date', async (t) => {
  const receiver = await createReceiver(t);
  const waitOf = async (status: number, header: string) => {
    receiver.answer = (_request, response) => void response.writeHead(status, { 'retry-after': header }).end();
    const answer = await post(t, receiver.url);
    return answer.kind === 'failed' ? answer.retryAfterMs : null;
  };
  t.is(await waitOf(429, '120'), 120_000);
  t.is(await waitOf(503, '0'), 0);
  t.is(await waitOf(500, '120'), undefined);
  t.is(await waitOf(503, 'soon'), undefined);
  const inAnHour = (await waitOf(503, new Date(Date.now() + 3_600_000).toUTCString())) ?? 0;
  t.true(inAnHour > 3_000_000 && inAnHour <= 3_600_000);
});

test('an endpoint that never answers is given up after the time limit, one that is away at once', async (t) => {
  const silent = await rawServer(t, () => undefined);
  t.deepEqual(await post(t, silent, { limitMs: 100 }), {
    kind: 'failed',
    status: null,
    reason: 'no answer within 0.1 s',
  });
  const receiver = await createReceiver(t);
  await receiver.stop();
  t.like(await post(t, receiver.url), { kind: 'failed', status: null });
  t.like(await post(t, 'http://nobody.invalid/'), { kind: 'failed', status: null });
});

test('the status decides where the body never ends, is endless, or breaks off', async (t) => {
  const endless = await rawServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
  t.deepEqual(await post(t, endless), { kind: 'taken', status: 200 });
  const broken = await rawServer(t, (socket) => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\npart');
  });
  t.deepEqual(await post(t, broken), { kind: 'taken', status: 200 });
  const slow = await rawServer(t, (socket) => {
    socket.write('HTTP/1.1 500 Oh\r\ncontent-length: 1000\r\n\r\npart');
  });
  t.deepEqual(await post(t, slow), { kind: 'failed', status: 500, reason: 'answered 500: part' });
  const cut = await rawServer(t, (socket) => void socket.end('HTTP/1.1 2'));
  t.like(await post(t, cut), { kind: 'failed', status: null });
  const headers = await rawServer(t, (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`));
  t.like(await post(t, headers), { kind: 'failed', status: null });
});

test('the address is checked at each request, so that a name that leads into the own network now gets nothing', async (t) => {
  const receiver = await createReceiver(t);
  const { port } = new URL(receiver.url);
  for (const url of [receiver.url, `http://localhost:${port}/`]) {
    const answer = await post(t, url, { allowPrivate: false });
    t.is(answer.kind, 'failed');
    t.regex(answer.kind === 'failed' ? answer.reason : '', /lies inside of the own network/);
  }
  t.is(receiver.asked.length, 0);
  t.like(await post(t, `http://localhost:${port}/`), { kind: 'taken' });
});

test('an aborted request is neither taken nor failed', async (t) => {
  const silent = await rawServer(t, () => undefined);
  const stopping = new AbortController();
  const connections = openConnections(silent, { allowPrivate: true });
  t.teardown(async () => connections.close());
  const posted = connections.post(webhook, stopping.signal);
  stopping.abort();
  t.deepEqual(await posted, { kind: 'aborted' });
});
