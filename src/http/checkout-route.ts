import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { LIMIT_BYTES } from './body.js';
import type { createPlaceCheckout } from './place-checkout.js';
import { Problem, sendError } from './problem.js';
import { begin, newRequestId, requestLog } from './request-log.js';
import { commonHeaders } from './security-headers.js';

interface CheckoutRouteDeps {
  readonly place: ReturnType<typeof createPlaceCheckout>;
  readonly limit: RequestHandler | undefined;
  readonly log: Logger;
}

/** `POST /checkout` as a route of Express, behind its middleware. */
export function checkoutRoute(place: CheckoutRouteDeps['place']) {
  return async (request: Request, response: Response): Promise<void> => {
    const { body, headers } = await place(request.headers, request.body);
    response.writeHead(201, [...headers]).end(body);
  };
}

/**
 * Serves `POST /checkout` before Express: its routing and its middleware cost more than the checkout. The answers are
 * the same. A request in an unusual form, such as a body that is compressed or sent in chunks, is left to Express.
 */
export function checkoutFirst(app: Express, { place, limit, log }: CheckoutRouteDeps): RequestListener {
  const logRequest = requestLog(log);
  const common = commonHeaders.flat();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Most requests have no log line. A request that fails begins its log line in `fail`.
    if (log.isLevelEnabled('debug')) logRequest(request, response);
    else begin(response);
    const ofLimit: string[] = [];
    try {
      const [bytes] = await Promise.all([bodyOf(request), limit && limited(limit, request, ofLimit)]);
      const { body, headers } = await place(request.headers, bytes);
      const id = request.id ?? newRequestId(request);
      response.writeHead(201, [...common, ...ofLimit, 'X-Request-Id', String(id), ...headers]).end(body);
    } catch (error) {
      fail(error, request, response, ofLimit);
    }
  }

  function fail(error: unknown, request: IncomingMessage, response: ServerResponse, ofLimit: string[]): void {
    if (request.id === undefined) logRequest(request, response);
    for (const [name, value] of commonHeaders) response.setHeader(name, value);
    for (let at = 0; at < ofLimit.length; at += 2) response.setHeader(ofLimit[at] ?? '', ofLimit[at + 1] ?? '');
    sendError(error, request, response, log);
  }

  /**
   * Calls the limit with what it reads of a request and writes to a response: Express's own objects would cost more than
   * the limit.
   *
   * @param headers gets the names and values of the limit's headers, in turn
   * @throws {Problem} 429 past the limit
   */
  function limited(check: RequestHandler, { headers: sent, socket }: IncomingMessage, headers: string[]) {
    const add = (name: string, value: string) => void headers.push(name, value);
    const request = { __proto__: app.request, headers: sent, socket } as unknown as Request;
    const response = { append: add, setHeader: add } as unknown as Response;
    return new Promise<void>((resolve, reject) => {
      void check(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
    });
  }

  return (request, response) => {
    if (isUsual(request)) void serve(request, response);
    else app(request, response);
  };
}

function isUsual({ method, url, headers }: IncomingMessage): boolean {
  if (method !== 'POST' || url !== '/checkout' || headers['content-encoding'] !== undefined) return false;
  // Node refuses a length that is not a number, and a length beside a transfer encoding.
  return Number(headers['content-length']) <= LIMIT_BYTES;
}

/** Node has checked the length. @throws {Problem} when the client ends the connection before the end of the body */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(new Problem(400, 'bad-request', 'Bad request', 'request aborted'));
    });
  });
}
