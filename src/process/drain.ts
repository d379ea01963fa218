import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

const LOOK_EVERY_MS = 50;
/**
 * So many looks in a row must have found a connection silent before it is closed: its client may be about to write. The
 * looks are counted, since time also passes while the event loop is blocked and Node reads nothing.
 */
const SILENT_LOOKS = 10;

/** How an HTTP server stops without dropping a request. */
export interface Drain {
  /** Each answer from now on says `Connection: close`, those under way too. New connections are taken as before. */
  readonly begin: () => void;
  /**
   * Takes no new connections, and resolves when every request that was read is answered and every connection is closed.
   *
   * @throws after `withinMs`, with the number of connections that were cut
   */
  readonly end: (withinMs: number) => Promise<void>;
}

export function createDrain(server: Server): Drain {
  const answers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  /** Connections without a request under way: what had been read, and how many looks ago. */
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
  // Before the app, which may answer at once.
  server.prependListener('request', (_request, response: ServerResponse) => {
    answers.add(response);
    response.once('close', () => answers.delete(response));
    if (looking) endConnection(response);
  });

  /** Closes, at the end, what is silent; a client that writes is answered and closed by that answer. */
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

  /** Node reads from its sockets between a timer and the immediate that the timer sets: so before each look. */
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
      // Not http's own `close`: that closes connections on which a request may be on its way, and ends Node's watch over
      // requests that are slow to arrive.
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
