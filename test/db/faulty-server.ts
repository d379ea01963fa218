import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

interface Teardown {
  teardown(cleanUp: () => Promise<void>): void;
}

interface Refusal {
  readonly errno: number;
  readonly message: string;
}

type Fault = 'cut before it arrives' | 'lose the reply';

/** A proxy in front of the real database that breaks connections, as networks and full servers do. */
export interface FaultyServer {
  readonly url: string;
  /** The next statement that contains `sql`, as whole words, gets this fault, and its connection is closed. */
  breakAt(sql: string, fault: Fault): void;
  /** The next connections are refused as by a full server, or with another error. */
  turnAway(connections: number, error?: Refusal): void;
  /** How many faults have happened. */
  readonly broken: () => number;
}

export async function faultyServer(t: Teardown, url: string): Promise<FaultyServer> {
  const { hostname, port } = new URL(url);
  const faults: { readonly sql: string; readonly fault: Fault }[] = [];
  const sockets = new Set<Socket>();
  let full = 0;
  let refusal = tooManyConnections;
  let broken = 0;

  const server = createServer((client) => {
    keep(client);
    if (full > 0) {
      full--;
      broken++;
      client.end(packetOf(refusal));
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

  /** A socket that is cut on purpose may emit an error. Only its close matters here. */
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
    turnAway: (connections, error = tooManyConnections) => {
      full = connections;
      refusal = error;
    },
    broken: () => broken,
  };
}

const tooManyConnections: Refusal = { errno: 1040, message: 'Too many connections' };

/** The first packet of a server that refuses a connection, before any handshake. */
function packetOf({ errno, message }: Refusal): Buffer {
  const header = Buffer.from([message.length + 3, 0, 0, 0, 0xff, errno & 0xff, errno >> 8]);
  return Buffer.concat([header, Buffer.from(message)]);
}
