import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { openConnections } from '../../src/endpoints/post.js';
import { testOf } from '../../src/endpoints/webhook.js';

/** A host whose name leads to another address from one look-up to the next. */

const [checked, other] = ['127.0.0.1', '127.0.0.2'];
const webhook = testOf('msg_1', [`whsec_${Buffer.alloc(32, 7).toString('base64')}`], Date.now());

/** A server on this address. @param port 0 for a free port */
async function serve(address: string, port: number) {
  let connections = 0;
  const server = createServer((_request, response) => void response.writeHead(204).end());
  server.on('connection', () => connections++);
  server.listen(port, address);
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, connections: () => connections, close };
}

/** A server on each of both addresses, on one port. A port that is free on the first may be taken on the second. */
async function serveBoth() {
  for (;;) {
    const right = await serve(checked, 0);
    try {
      return { right, wrong: await serve(other, right.port) };
    } catch (error) {
      right.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/** The first look-up of any host answers `checked`, and each later one, by whichever function of Node.js, `other`. */
function rebindingResolver(t: ExecutionContext): () => number {
  let lookups = 0;
  const next = () => ({ address: lookups++ === 0 ? checked : other, family: 4 });
  const [callback, promise] = [dns.lookup, dnsPromises.lookup];
  Object.assign(dnsPromises, { lookup: async () => [next()] });
  Object.assign(dns, {
    lookup: (_host: string, { all }: dns.LookupOptions, answer: (...found: unknown[]) => void) => {
      const found = next();
      if (all) answer(null, [found]);
      else answer(null, found.address, found.family);
    },
  });
  syncBuiltinESMExports();
  t.teardown(() => {
    Object.assign(dns, { lookup: callback });
    Object.assign(dnsPromises, { lookup: promise });
    syncBuiltinESMExports();
  });
  return () => lookups;
}

// macOS has no 127.0.0.2 until a person adds the address to lo0.
const onTwoAddresses = process.platform === 'darwin' ? test.skip : test;

onTwoAddresses(
  'a request goes to the address that was checked, also where the name leads elsewhere a moment later',
  async (t) => {
    const { right, wrong } = await serveBoth();
    t.teardown(() => {
      right.close();
      wrong.close();
    });
    const lookups = rebindingResolver(t);
    const connections = openConnections(`http://rebinding.example.com:${right.port}/`, { allowPrivate: true });
    t.teardown(async () => connections.close());
    t.like(await connections.post(webhook, new AbortController().signal), { kind: 'taken' });
    t.deepEqual([right.connections(), wrong.connections(), lookups()], [1, 0, 1]);
  },
);
