import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** A rule of thumb: short against the time that a stop has. */
const LOOK_EVERY_MS = 50;
/**
 * A connection is closed after this many looks in a row without a new byte, half a second: its client may be about to
 * send a request. Looks are counted and not time, since time also passes while the event loop is blocked and Node reads
 * nothing. A rule of thumb.
 */
const SILENT_LOOKS = 10;

/** How an HTTP server stops without dropping a request. */
export interface Drain {
  /** From now on each answer has `Connection: close`, also an answer under way. New connections are still accepted. */
  readonly begin: () => void;
  /**
   * Accepts no new connections. Resolves when every request that was read is answered and every connection is closed.
   *
   * @throws after `withinMs`, naming the number of connections that were cut
   */
  readonly end: (withinMs: number) => Promise<void>;
}

export function createDrain(server: Server): Drain {
  const answers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  /** Connections without a request under way: their `bytesRead`, and for how many looks it has not changed. */
  const silent = new Map<Socket, { readonly bytesRead: number; readonly looks: number }>();
  let looking: NodeJS.Timeout | undefined;
  let ending = false;
  let closed = false;

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      silent.delete(socket);
    });
  });
  // Runs before the app's listener, which may answer at once.
  server.prependListener('request', (_request, response: ServerResponse) => {
    answers.add(response);
    response.once('close', () => answers.delete(response));
    if (looking) endConnection(response);
  });

  /**
   * After `end`, closes the silent connections. A client that sends a request gets an answer, which ends its
   * connection.
   */
  function look(): void {
    const busy = new Set([...answers].map((answer) => answer.socket));
    for (const socket of sockets) {
      const { bytesRead } = socket;
      const before = silent.get(socket);
      const looks = before?.bytesRead === bytesRead ? before.looks + 1 : 0;
      if (busy.has(socket)) silent.delete(socket);
      else if (ending && looks >= SILENT_LOOKS) socket.destroy();
      else silent.set(socket, { bytesRead, looks });
    }
    lookLater();
  }

  /**
   * Node reads its sockets between a timer and the immediate that the timer sets, so each look sees the latest bytes.
   */
  function lookLater(): void {
    if (!closed) looking = setTimeout(() => setImmediate(look), LOOK_EVERY_MS).unref();
  }

  function begin(): void {
    if (looking) return;
    lookLater();
    for (const answer of answers) endConnection(answer);
  }

  return {
    begin,
    async end(withinMs) {
      begin();
      ending = true;
      const allClosed = new Promise<void>((resolve) => server.once('close', () => resolve()));
      // Not http's own `close`: it closes connections on which a request may be on its way, and stops Node's time-out
      // of slow requests.
      NetServer.prototype.close.call(server);
      let cut = 0;
      const limit = setTimeout(() => {
        cut = sockets.size;
        server.closeAllConnections();
      }, withinMs);
      await allClosed;
      closed = true;
      clearTimeout(limit);
      clearTimeout(looking);
      if (cut > 0) throw new Error(`${cut} connections were cut after ${Math.round(withinMs)} ms`);
    },
  };
}

function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
