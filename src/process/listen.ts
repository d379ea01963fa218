import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStrictServer } from '../http/strict-server.js';
import { CannotListen } from './cannot-listen.js';
import { createDrain } from './drain.js';

export interface Listener {
  readonly url: string;
  /**
   * Accepts no new connections. Resolves when the requests that were read are answered and all connections are closed.
   *
   * @throws after `withinMs`, when connections had to be cut
   */
  readonly close: (withinMs: number) => Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Aborts at the beginning of a stop. From then on each answer ends its connection. */
  readonly signal?: AbortSignal;
  readonly keepAliveMs?: number;
  /** How long a request may take to arrive, its body included. */
  readonly arrivalMs?: number;
}

/** @throws {CannotListen} naming the host, the port and the reason */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listener> {
  const { host, port, signal } = options;
  const server = createStrictServer(app, options);
  const drain = createDrain(server);
  signal?.addEventListener('abort', drain.begin);
  server.listen(port, host);
  await once(server, 'listening').catch((error) => {
    throw new CannotListen(error, { host, port });
  });
  const { port: actual } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`, close: drain.end };
}
