import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A minimal balancer: it keeps connections, checks `/readyz`, and does not repeat requests. */
export interface Balancer {
  readonly url: string;
  /** The backends that were ready at the last check. */
  readonly ready: () => string[];
  /** Requests that a backend refused, cut or left unanswered. */
  readonly failures: readonly string[];
  /** Answers by backend. */
  readonly answered: ReadonlyMap<string, number>;
}

const CHECK_EVERY_MS = 50;

export async function startBalancer(
  t: { teardown(cleanUp: () => Promise<void>): void },
  urls: readonly string[],
): Promise<Balancer> {
  const backends = urls.map((url) => ({ url, agent: new Agent({ keepAlive: true }), ready: false }));
  const failures: string[] = [];
  const answered = new Map<string, number>();
  let next = 0;
  let running = true;

  const server = createServer((incoming, outgoing) => {
    const ready = backends.filter((one) => one.ready);
    const backend = ready[next++ % ready.length];
    if (backend === undefined) {
      failures.push('no backend is ready');
      return void outgoing.writeHead(503).end();
    }
    const { method = 'GET', headers } = incoming;
    const { connection: _, ...passed } = headers;
    const asking = request(`${backend.url}${incoming.url}`, { method, headers: passed, agent: backend.agent });
    const fail = (error: NodeJS.ErrnoException): void => {
      failures.push(`${backend.url} ${error.code ?? error.message}, connection reused: ${asking.reusedSocket}`);
      outgoing.destroy();
    };
    asking.on('error', fail);
    asking.on('response', (response: IncomingMessage) => {
      const { connection: _hop, 'keep-alive': _hint, ...kept } = response.headers;
      response.on('error', fail);
      response.on('end', () => answered.set(backend.url, (answered.get(backend.url) ?? 0) + 1));
      response.pipe(outgoing.writeHead(response.statusCode ?? 502, kept));
    });
    incoming.pipe(asking);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const checking = Promise.all(
    backends.map(async (backend) => {
      while (running) {
        backend.ready = await isReady(backend.url);
        if (!backend.ready) {
          // The balancer closes idle connections; running requests keep theirs.
          for (const sockets of Object.values(backend.agent.freeSockets)) {
            for (const socket of sockets ?? []) socket.destroy();
          }
        }
        await sleep(CHECK_EVERY_MS);
      }
    }),
  );
  t.teardown(async () => {
    running = false;
    await checking;
    server.close();
    server.closeAllConnections();
    for (const { agent } of backends) agent.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ready: () => backends.filter(({ ready }) => ready).map(({ url }) => url),
    failures,
    answered,
  };
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(`${url}/readyz`, { agent: false }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode === 200));
    });
    asking.once('error', () => resolve(false));
    asking.end();
  });
}
