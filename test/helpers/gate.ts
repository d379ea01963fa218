import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy to a real server whose answers can be held or whose connections can be cut. */
export interface Gate {
  /** The server's URL with the gate's address. */
  readonly url: string;
  /** Holds back the server's answers until `release`. */
  readonly hold: () => void;
  readonly release: () => void;
  /** Closes each new connection at once while `refusing` is true. */
  readonly refuse: (refusing: boolean) => void;
  /** Closes every connection without an error message. */
  readonly cut: () => void;
  /** The number of connections so far. */
  readonly made: () => number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export async function createGate(t: { teardown(cleanUp: () => Promise<void>): void }, to: string): Promise<Gate> {
  const target = new URL(to);
  const pairs = new Set<Pair>();
  let held = false;
  let made = 0;
  let refusing = false;

  const listener = createServer((client) => {
    made++;
    if (refusing) return void client.destroy();
    const pair = { client, server: connect(Number(target.port), target.hostname) };
    pairs.add(pair);
    for (const [from, into] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('data', (chunk) => into.write(chunk));
      from.on('error', () => into.destroy());
      from.on('close', () => {
        pairs.delete(pair);
        into.destroy();
      });
    }
    if (held) pair.server.pause();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  t.teardown(async () => {
    listener.close();
    cut();
  });
  const url = new URL(to);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    hold() {
      held = true;
      for (const { server } of pairs) server.pause();
    },
    release() {
      held = false;
      for (const { server } of pairs) server.resume();
    },
    refuse: (now) => {
      refusing = now;
    },
    cut,
    made: () => made,
  };
}
