import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

interface Teardown {
  teardown(cleanUp: () => Promise<void>): void;
}

type Fault = 'cut before it arrives' | 'lose the reply';

/** A way to the real database that breaks when it is told to: on the wire, as networks and full servers do. */
export interface FaultyServer {
  readonly url: string;
  /** The next statement that contains `sql`, as whole words, meets this fault; its connection is gone after that. */
  breakAt(sql: string, fault: Fault): void;
  /** The next connections are turned away as a full server does it. */
  turnAway(connections: number): void;
  /** How many faults were met. */
  readonly broken: () => number;
}

export async function faultyServer(t: Teardown, url: string): Promise<FaultyServer> {
  const { hostname, port } = new URL(url);
  const faults: { readonly sql: string; readonly fault: Fault }[] = [];
  const sockets = new Set<Socket>();
  let full = 0;
  let broken = 0;

  const server = createServer((client) => {
    keep(client);
    if (full > 0) {
      full--;
      broken++;
      client.end(tooManyConnections());
      return;
    }
    const upstream = keep(connect(Number(port), hostname));
    let losing = false;
    const hangUp = () => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (chunk) => {
      const met = faults.findIndex(({ sql }) => new RegExp(`${sql}\\b`).test(chunk.toString('latin1')));
      const [hit] = met < 0 ? [] : faults.splice(met, 1);
      if (hit !== undefined) broken++;
      if (hit?.fault === 'cut before it arrives') return hangUp();
      losing = hit !== undefined;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => (losing ? hangUp() : void client.write(chunk)));
    client.on('close', hangUp);
    upstream.on('close', hangUp);
  });

  /** A socket that is cut on purpose may say so; only its closing matters here. */
  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    return socket;
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const own = new URL(url);
  own.port = String((server.address() as AddressInfo).port);
  return {
    url: own.href,
    breakAt: (sql, fault) => void faults.push({ sql, fault }),
    turnAway: (connections) => {
      full = connections;
    },
    broken: () => broken,
  };
}

/** The packet with which the server greets one connection too many: error 1040, before any handshake. */
function tooManyConnections(): Buffer {
  const message = Buffer.from('Too many connections');
  const header = Buffer.from([message.length + 3, 0, 0, 0, 0xff, 1040 & 0xff, 1040 >> 8]);
  return Buffer.concat([header, message]);
}
