import type { ErrorRequestHandler, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem, toProblem } from './problem.js';

/** Express's setting: how many proxies are in front of the API, or their addresses. False ignores all proxy headers. */
export type TrustProxy = false | number | string[];

export interface RateLimitDeps {
  /** Requests an address may make in a minute; 0 is no limit. */
  readonly requestsPerMinute: number;
  readonly trustProxy: TrustProxy;
}

/**
 * The share of the limit that may be requests with a 401. A rule of thumb: a client with a valid token has almost none.
 */
const FAILURES_PER_REQUEST = 0.01;

/**
 * Limits the requests of an address in a minute. The answers have `RateLimit` and `RateLimit-Policy`. Past the limit
 * the answer is 429 with `Retry-After`. Each process counts for itself, so that one client cannot use the whole
 * process. A limit across processes belongs into the proxy.
 */
export function limitRequests({ requestsPerMinute }: RateLimitDeps): RequestHandler | undefined {
  return perAddress(requestsPerMinute);
}

/**
 * Limits the 401s of an address. An error handler, to be mounted after routes that are not limited. A request with a
 * valid token or signature is never counted, so that clients that share an address with an attacker are still served.
 */
export function limitFailures({ requestsPerMinute }: RateLimitDeps): ErrorRequestHandler {
  const limit = perAddress(Math.ceil(requestsPerMinute * FAILURES_PER_REQUEST));
  return (error, request, response, next) => {
    if (toProblem(error).status !== 401) next(error);
    else if (limit === undefined) next(error);
    else void limit(request, response, (refused?: unknown) => next(refused ?? error));
  };
}

function perAddress(limit: number): RequestHandler | undefined {
  if (limit === 0) return undefined;
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // The library would log an error when a client sends these headers and TRUST_PROXY is off. That is no fault.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, _response, next) => next(rateLimited(limit)),
  });
}

export const rateLimited = (limit: number): Problem =>
  new Problem(429, 'rate-limited', 'Too many requests', `This address may make ${limit} requests a minute.`);
