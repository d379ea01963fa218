import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Helmet's headers, less two: whether HTTPS is there is known to the proxy that ends HTTPS, and is for the proxy to say.
 * Sent from here, they would lead a browser that came by plain HTTP to an HTTPS address where nothing answers, and
 * `/docs` would stay white.
 */
export const securityHeaders = () =>
  helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });

/** Answers hold tokens and orders: nothing is kept by a browser or a proxy, unless a route says otherwise. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};
