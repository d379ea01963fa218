import { once } from 'node:events';
import { stat } from 'node:fs';
import { Agent, type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type ListenOptions, listen } from '../../src/process/listen.js';

/** A listener and real connections: the effect of a stop on each connection. */

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly reused: boolean;
}

async function serve(t: ExecutionContext, app: RequestListener, options: Partial<ListenOptions> = {}) {
  const stop = new AbortController();
  const listener = await listen(app, { host: '127.0.0.1', port: 0, signal: stop.signal, ...options });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(async () => agent.destroy());
  const ask = async (): Promise<Answer> => {
    const asking = request(listener.url, { agent });
    asking.end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode, connection: response.headers.connection, reused: asking.reusedSocket };
  };
  const open = async (): Promise<Socket & { readonly received: () => string }> => {
    const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    t.teardown(async () => void socket.destroy());
    await once(socket, 'connect');
    return Object.assign(socket, { received: () => text });
  };
  return { ...listener, ask, open, begin: () => stop.abort() };
}

const answer: RequestListener = (_request, response) => void response.writeHead(200, { 'x-app': '1' }).end('ok');

test('connections are kept before a stop, and each answer closes its connection from the beginning of the stop', async (t) => {
  const { ask, begin, close } = await serve(t, answer);
  t.is((await ask()).connection, 'keep-alive');
  t.true((await ask()).reused);
  begin();
  const last = await ask();
  t.deepEqual(last, { status: 200, connection: 'close', reused: true });
  const next = await ask();
  t.deepEqual(next, { status: 200, connection: 'close', reused: false }, 'new connections are still taken');
  await close(60_000);
});

test('an answer that is under way when the stop begins closes its connection', async (t) => {
  const release = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { ask, close } = await serve(t, async (_request, response) => {
    asked.resolve();
    await release.promise;
    response.end('ok');
  });
  const answered = ask();
  await asked.promise;
  const closed = close(60_000);
  release.resolve();
  t.like(await answered, { status: 200, connection: 'close' });
  await closed;
});

test('a request that comes on an idle connection after the listener was closed is answered', async (t) => {
  const { ask, close } = await serve(t, answer);
  await ask();
  const closed = close(60_000);
  t.deepEqual(await ask(), { status: 200, connection: 'close', reused: true });
  await closed;
});

test('a request that comes on an idle connection while the event loop is blocked is answered', async (t) => {
  const { open, close } = await serve(t, answer);
  const client = await open();
  const ended = Promise.all([close(60_000), once(client, 'close')]);
  // By then several looks have found the connection silent.
  await sleep(100);
  await new Promise<void>((resolve) => {
    stat('.', () => {
      client.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
      // Longer than a silent connection is kept. Node runs the due timers first, and reads what came meanwhile after
      // them.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
      resolve();
    });
  });
  await ended;
  t.regex(client.received(), /^HTTP\/1.1 200 OK.*Connection: close/is);
});

test('idle connections are closed, also a connection that was never used', async (t) => {
  const { open, close } = await serve(t, answer);
  const [fresh, used] = [await open(), await open()];
  used.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  await once(used, 'data');
  const ended = Promise.all([once(fresh, 'close'), once(used, 'close')]);
  await close(60_000);
  await ended;
  t.regex(used.received(), /^HTTP\/1.1 200 OK/);
});

test('an upload that does not end is answered 408, and does not delay the stop', async (t) => {
  const { open, close } = await serve(
    t,
    (incoming, response) => void incoming.on('end', () => response.end()).resume(),
    {
      arrivalMs: 300,
    },
  );
  const slow = await open();
  slow.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nabc');
  const ended = once(slow, 'close');
  await close(60_000);
  await ended;
  t.regex(slow.received(), /^HTTP\/1.1 408 Request Timeout/);
});

test('an upload under way that ends in time is answered during the stop', async (t) => {
  const arrived = Promise.withResolvers<void>();
  const { open, close } = await serve(t, (incoming, response) => {
    incoming.on('end', () => response.end()).resume();
    arrived.resolve();
  });
  const slow = await open();
  slow.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\n\r\nabc');
  await arrived.promise;
  const idle = await open();
  const ended = Promise.all([close(60_000), once(slow, 'close')]);
  // A stop that took the upload for idle would close both at the same look.
  await once(idle, 'close');
  slow.write('def');
  await ended;
  t.regex(slow.received(), /^HTTP\/1.1 200 OK.*Connection: close/is);
});

test('a request that is never answered is cut at the end of the stop, and the close reports it', async (t) => {
  const asked = Promise.withResolvers<void>();
  const { ask, close } = await serve(t, () => asked.resolve());
  const answered = t.throwsAsync(ask());
  await asked.promise;
  await t.throwsAsync(close(100), { message: /^1 connections were cut/ });
  await answered;
});

test('a connection that was idle or unused for longer than the time of a request is still answered', async (t) => {
  const { ask, open, close } = await serve(t, answer, { arrivalMs: 1_000 });
  await ask();
  const [used, slow, late] = [await open(), await open(), await open()];
  const ended = Promise.all([used, slow].map((client) => once(client, 'close')));
  // The time of this request begins after the others have connected, so the others were idle for longer when it is over.
  late.write('GET / HTTP/1.1\r\n');
  await once(late, 'close');
  t.regex(late.received(), /^HTTP\/1.1 408 Request Timeout/);
  t.like(await ask(), { status: 200, reused: true });
  used.write('GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n');
  slow.write('GET / HTTP/1.1\r\n');
  await ended;
  t.regex(used.received(), /^HTTP\/1.1 200 OK/);
  t.regex(slow.received(), /^HTTP\/1.1 408 Request Timeout/, 'from its first byte a request has its usual time');
  await close(60_000);
});

test('a connection that is never used is closed after the time of an idle connection, without an answer', async (t) => {
  const { open, close } = await serve(t, answer, { arrivalMs: 100, keepAliveMs: 1_000 });
  const unused = await open();
  await once(unused, 'close');
  t.is(unused.received(), '');
  await close(60_000);
});

test('a connection is kept longer than the minute of a usual load balancer, and its header has this time', async (t) => {
  const { url, close } = await serve(t, answer);
  const { headers } = await fetch(url);
  const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
  t.true(Number(seconds) > 60, String(headers.get('keep-alive')));
  await close(60_000);
});
