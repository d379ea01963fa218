import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { pinoHttp, startTime } from 'pino-http';
import { v7 as uuid } from 'uuid';
import { createRandom } from './random.js';

const random = createRandom();

/** The caller's `X-Request-Id`, so that the caller finds its request in the log; otherwise a new id. */
export function newRequestId({ headers: { 'x-request-id': given } }: IncomingMessage): string {
  return typeof given === 'string' && /^[\w.-]{1,100}$/.test(given) ? given : uuid({ random: random(16) });
}

/** For a request whose log line may begin later: the line then has the time since this call. */
export function begin(response: ServerResponse): void {
  Object.assign(response, { [startTime]: Date.now() });
}

/** Logs no header, so no token. */
export function requestLog(log: Logger) {
  return pinoHttp({
    logger: log,
    genReqId: (request, response) => {
      const id = newRequestId(request);
      response.setHeader('X-Request-Id', id);
      return id;
    },
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'debug'),
    customSuccessMessage: (request, response) => `${request.method} ${request.url} ${response.statusCode}`,
  });
}
