import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { v7 as uuid } from 'uuid';

/**
 * A request that Node itself would refuse with an empty body. Here the answer is a problem, like every other refusal.
 */
interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const notHttp: Refusal = { status: 400, title: 'Bad Request', detail: 'expected a valid HTTP/1.1 request' };
const noHost: Refusal = { status: 400, title: 'Bad Request', detail: 'expected a Host header' };
const noTarget: Refusal = { status: 400, title: 'Bad Request', detail: 'expected a valid path or URL' };
const expectation: Refusal = {
  status: 417,
  title: 'Expectation Failed',
  detail: 'expected no Expect header other than 100-continue',
};

const byCode: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Request Header Fields Too Large',
    detail: 'expected a shorter path and fewer or smaller headers',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, title: 'Content Too Large', detail: 'expected no chunk extensions' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, title: 'Request Timeout', detail: 'the request took too long to arrive' },
};

/**
 * Longer than a load balancer keeps an idle connection, usually 60 s. So the balancer closes first, and no request is
 * lost.
 */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** A rule of thumb: the largest body, 64 KB, needs 7 KB a second. */
const ARRIVAL_TIMEOUT_MS = 10_000;
/** How long a client may continue to send after its request was refused. A rule of thumb. */
const REFUSED_LIMIT_MS = 1_000;

/**
 * A server whose every 4xx is `application/problem+json`, also for bytes that are not HTTP. Times are in milliseconds.
 */
export function createStrictServer(
  app: RequestListener,
  {
    keepAliveMs = KEEP_ALIVE_TIMEOUT_MS,
    arrivalMs = ARRIVAL_TIMEOUT_MS,
  }: { readonly keepAliveMs?: number; readonly arrivalMs?: number } = {},
): Server {
  const options = {
    requireHostHeader: false,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: arrivalMs,
    requestTimeout: arrivalMs,
    connectionsCheckingInterval: Math.min(arrivalMs, 1_000),
  };
  const server = createServer(options, (request, response) => {
    if (request.headers.host === undefined && request.httpVersion !== '1.0') refuse(response, noHost);
    // For a target that Express cannot parse it sends an HTML page, and no error handler runs.
    else if (!URL.canParse(request.url ?? '', 'http://shop')) refuse(response, noTarget);
    else app(request, response);
  });
  server.on('checkExpectation', (_request, response) => refuse(response, expectation));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && !isUsed(socket)) {
      // No byte came yet, so no request is late. Node's timer starts again with the first byte.
      return endUnused(socket, keepAliveMs - arrivalMs);
    }
    const refusal = byCode[error.code ?? ''] ?? notHttp;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${refusal.status} ${refusal.title}\r\n${lines.join('')}\r\n${bodyOf(refusal)}`);
    // A client that goes on sending gets this time to read the refusal. Then the connection is closed.
    setTimeout(() => socket.destroy(), REFUSED_LIMIT_MS).unref();
  });
  return server;
}

const isUsed = (socket: Duplex): boolean => socket instanceof Socket && socket.bytesRead > 0;

/** Client pools open connections in advance. Such a connection is kept as long as a connection between two requests. */
function endUnused(socket: Duplex, afterMs: number): void {
  const end = (): void => {
    if (!isUsed(socket)) socket.destroy();
  };
  // The immediate runs after Node has read bytes that came meanwhile.
  const timer = setTimeout(() => setImmediate(end), afterMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

const headers = { 'content-type': 'application/problem+json', connection: 'close' } as const;

function refuse(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, headers).end(bodyOf(refusal));
}

function bodyOf({ status, title, detail }: Refusal): string {
  const requestId = uuid();
  const type = 'urn:order-bridge:problem:bad-request';
  return JSON.stringify({ type, title, status, detail, instance: `urn:uuid:${requestId}`, requestId });
}
