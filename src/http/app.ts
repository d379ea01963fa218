import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { rawBody } from './body.js';
import { type CheckoutDeps, checkoutRoute } from './checkout-route.js';
import { docsPage } from './docs-page.js';
import { type HealthDeps, healthRoutes } from './health.js';
import { openApiDocument } from './openapi.js';
import { cancelOrderRoute, type OrderDeps, ownOrder, readOrderRoute } from './order-routes.js';
import { notFound, problemHandler } from './problem.js';
import { limitFailures, limitRequests, type RateLimitDeps } from './rate-limit.js';
import { requestLog } from './request-log.js';
import { noStore, securityHeaders } from './security-headers.js';
import { type WebhookDeps, webhookRoute } from './webhook-route.js';

/** The API without its server. Every dependency is an argument, so that a test can pass its own. */
export function createApp(
  deps: CheckoutDeps &
    OrderDeps &
    WebhookDeps &
    HealthDeps &
    RateLimitDeps & {
      readonly log: Logger;
      /** Of this package, for the description. */
      readonly version: string;
    },
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', deps.trustProxy);

  app.use(requestLog(deps.log));
  app.use(securityHeaders(), noStore);

  // Routes above the limit are not counted: health checks, and webhooks, whose signature proves the sender.
  app.use(healthRoutes(deps));
  for (const reader of deps.webhooks) app.post(reader.path, rawBody, webhookRoute(deps, reader));
  app.use(limitFailures(deps));
  app.use(limitRequests(deps));

  app.post('/checkout', rawBody, checkoutRoute(deps));
  app.get('/orders/:orderId', readOrderRoute(deps, ownOrder));
  app.post('/orders/:orderId/cancel', cancelOrderRoute(deps, ownOrder, 'customer-request'));

  const description = openApiDocument(deps);
  app.get('/openapi.json', (_request, response) => void response.json(description));
  app.use('/docs', docsPage());

  app.use((request) => {
    throw notFound(`There is no ${request.method} ${request.path}.`);
  });
  app.use(problemHandler(deps.log));
  return app;
}
