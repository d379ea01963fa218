import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Helmet's headers without the two that require HTTPS. The proxy that ends HTTPS sends these two. From here they would
 * send a browser that came by plain HTTP to an HTTPS address where nothing answers, and `/docs` would stay empty.
 */
export const securityHeaders = () =>
  helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });

/** Answers hold tokens and orders, so browsers and proxies must not store them. A route may set another value. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};
