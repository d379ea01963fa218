import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Helmet's headers without the two that require HTTPS. The proxy that ends HTTPS sends these two. From here they would
 * send a browser that came by plain HTTP to an HTTPS address where nothing answers, and `/docs` would stay empty.
 */
const helmetHeaders = helmet({
  strictTransportSecurity: false,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});

/**
 * The headers of every answer, computed once: they depend on no request. Answers hold tokens and orders, so browsers
 * and proxies must not store them. A route may set another value.
 */
export const commonHeaders: readonly (readonly [name: string, value: string])[] = computed();

export const setCommonHeaders: RequestHandler = (_request, response, next) => {
  for (const [name, value] of commonHeaders) response.setHeader(name, value);
  next();
};

function computed(): [string, string][] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmetHeaders(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  response.setHeader('Cache-Control', 'no-store');
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
}
