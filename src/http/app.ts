import type { RequestListener } from 'node:http';
import type { Express } from 'express';
import { type BeginDeps, beginPaymentRoute } from './begin-route.js';
import { rawBody } from './body.js';
import { addErrorAnswers, type BothAppsDeps, createBareApp } from './both-apps.js';
import { checkoutFirst, checkoutRoute } from './checkout-route.js';
import { docsPage } from './docs-page.js';
import { type ExtendDeps, extendOwnOrderRoute } from './extend-route.js';
import { type HealthDeps, healthRoutes } from './health.js';
import { openApiDocument } from './openapi.js';
import { cancelOrderRoute, ownOrder, readOrderRoute } from './order-routes.js';
import { type CheckoutDeps, createPlaceCheckout } from './place-checkout.js';
import { type ProductDeps, readProductRoute } from './product-route.js';
import { limitFailures, limitRequests } from './rate-limit.js';
import { type WebhookDeps, webhookRoute } from './webhook-route.js';

/** The public app of the API, without its server. */
interface App {
  readonly serve: RequestListener;
  /** Every route. `serve` takes the usual checkouts before them. */
  readonly express: Express;
}

interface DescriptionDeps {
  /** The description of what goes by RabbitMQ. */
  readonly asyncApi: object;
}

/** Every dependency is an argument, so that a test can pass its own. */
export function createApp(
  deps: BothAppsDeps & BeginDeps & CheckoutDeps & DescriptionDeps & ExtendDeps & ProductDeps & WebhookDeps & HealthDeps,
): App {
  const app = createBareApp(deps);
  app.set('trust proxy', deps.trustProxy);

  // Routes above the limit are not counted: health checks, and webhooks, whose signature proves the sender.
  app.use(healthRoutes(deps));
  for (const reader of deps.webhooks) app.post(reader.path, rawBody, webhookRoute(deps, reader));
  app.use(limitFailures(deps));
  const limit = limitRequests(deps);
  if (limit) app.use(limit);

  const place = createPlaceCheckout(deps);
  app.post('/checkout', rawBody, checkoutRoute(place));
  app.get('/products/:sku', readProductRoute(deps));
  app.get('/orders/:orderId', readOrderRoute(deps, ownOrder));
  app.post('/orders/:orderId/cancel', cancelOrderRoute(deps, ownOrder, 'customer-request'));
  app.post('/orders/:orderId/extend', rawBody, extendOwnOrderRoute(deps));
  app.post('/orders/:orderId/payments', rawBody, beginPaymentRoute(deps));

  const description = openApiDocument(deps);
  app.get('/openapi.json', (_request, response) => void response.json(description));
  app.get('/asyncapi.json', (_request, response) => void response.json(deps.asyncApi));
  app.use('/docs', docsPage());

  addErrorAnswers(app, deps);
  return { serve: checkoutFirst(app, { place, limit, log: deps.log }), express: app };
}
