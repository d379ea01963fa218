import type { ErrorRequestHandler, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem, toProblem } from './problem.js';

/** Express's own words: how many proxies stand in front, or their addresses; false believes no header. */
export type TrustProxy = false | number | string[];

export interface RateLimitDeps {
  /** Requests an address may make in a minute; 0 is no limit. */
  readonly requestsPerMinute: number;
  readonly trustProxy: TrustProxy;
}

/** What proves itself wrong is limited to this part of what may come in all. */
const FAILURES_PER_REQUEST = 0.01;

/**
 * So many requests a minute from one address, told by `RateLimit` and `RateLimit-Policy`, then 429 with
 * `Retry-After`. Counted in this process alone: it keeps one client from taking all of it, and a fleet's limit is
 * its proxy's.
 */
export function limitRequests({ requestsPerMinute }: RateLimitDeps): RequestHandler {
  return perAddress(requestsPerMinute);
}

/**
 * Goes behind routes that are not limited. Whoever proves who they are is never counted; the others are, after their
 * 401 was found, so that nobody can use up the place of those who share their address.
 */
export function limitFailures({ requestsPerMinute }: RateLimitDeps): ErrorRequestHandler {
  const limit = perAddress(Math.ceil(requestsPerMinute * FAILURES_PER_REQUEST));
  return (error, request, response, next) => {
    if (toProblem(error).status !== 401) next(error);
    else void limit(request, response, (refused?: unknown) => next(refused ?? error));
  };
}

function perAddress(limit: number): RequestHandler {
  if (limit === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Anyone may send these headers; that they are not believed is no fault to be told of.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, _response, next) =>
      next(new Problem(429, 'rate-limited', 'Too many requests', `This address may make ${limit} requests a minute.`)),
  });
}
