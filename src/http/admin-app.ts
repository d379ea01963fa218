import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { operatorsDocument } from './openapi-operators.js';
import { requireAdmin } from './operator-token.js';
import { cancelOrderRoute, type OrderDeps, readOrderRoute } from './order-routes.js';
import { notFound, problemHandler } from './problem.js';
import { limitFailures, type RateLimitDeps } from './rate-limit.js';
import { requestLog } from './request-log.js';
import { noStore, securityHeaders } from './security-headers.js';

export interface AdminDeps extends OrderDeps, RateLimitDeps {
  readonly adminToken: string;
  readonly log: Logger;
  /** Of this package, for the description. */
  readonly version: string;
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

  // Behind the token as well: the public listener says nothing of these routes.
  const description = operatorsDocument(deps.version);
  app.get('/openapi.json', (_request, response) => void response.json(description));

  app.use((request) => {
    throw notFound(`There is no ${request.method} ${request.path}.`);
  });
  app.use(problemHandler(deps.log));
  return app;
}

const anyOrder = (): boolean => true;
