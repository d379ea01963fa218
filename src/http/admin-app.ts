import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { bearerToken, sameSecret } from './bearer.js';
import { cancelOrderRoute, type OrderDeps, readOrderRoute } from './order-routes.js';
import { notFound, Problem, problemHandler } from './problem.js';
import { limitFailures, type RateLimitDeps } from './rate-limit.js';
import { requestLog } from './request-log.js';
import { noStore, securityHeaders } from './security-headers.js';

export interface AdminDeps extends OrderDeps, RateLimitDeps {
  readonly adminToken: string;
  readonly log: Logger;
}

/** The routes for operators, on a listener of their own. The admin token reads and cancels any order. */
export function createAdminApp(deps: AdminDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);

  app.use(requestLog(deps.log));
  app.use(securityHeaders(), noStore);
  // Before every route, so that no route can forget the check. Without the token also an unknown route returns 401.
  app.use(requireAdmin(deps.adminToken), limitFailures(deps));

  app.get('/orders/:orderId', readOrderRoute(deps, anyOrder));
  app.post('/orders/:orderId/cancel', cancelOrderRoute(deps, anyOrder, 'operator-request'));

  app.use((request) => {
    throw notFound(`There is no ${request.method} ${request.path}.`);
  });
  app.use(problemHandler(deps.log));
  return app;
}

function requireAdmin(adminToken: string) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const given = bearerToken(request);
    if (!sameSecret(adminToken, given)) {
      const challenge = `Bearer realm="operators"${given === '' ? '' : ', error="invalid_token"'}`;
      throw new Problem(401, 'admin-token', 'Admin token not accepted', 'The admin token is missing or wrong.', {
        headers: { 'WWW-Authenticate': challenge },
      });
    }
    next();
  };
}

const anyOrder = (): boolean => true;
