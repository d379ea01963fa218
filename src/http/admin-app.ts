import type { Express } from 'express';
import { rawBody } from './body.js';
import { addErrorAnswers, type BothAppsDeps, createBareApp } from './both-apps.js';
import {
  type CatalogueDeps,
  deleteProductRoute,
  listProductsRoute,
  putProductRoute,
  readProductRoute,
} from './catalogue-routes.js';
import {
  addEndpointRoute,
  type EndpointDeps,
  listEndpointsRoute,
  pauseEndpointRoute,
  readEndpointRoute,
  removeEndpointRoute,
  resumeEndpointRoute,
  rotateEndpointRoute,
  testEndpointRoute,
} from './endpoint-routes.js';
import { type EventDeps, listEventsRoute, replayEventsRoute } from './event-routes.js';
import { type ExtendDeps, extendOrderRoute } from './extend-route.js';
import { operatorsDocument } from './openapi-operators.js';
import { requireAdmin } from './operator-token.js';
import { listOrdersRoute, type OrderListDeps } from './order-list-route.js';
import { cancelOrderRoute, readOrderRoute } from './order-routes.js';
import { limitFailures } from './rate-limit.js';
import { type ReconcileDeps, reconcilePaymentsRoute } from './reconcile-route.js';
import { type RefundDeps, refundOrderRoute } from './refund-route.js';
import { changeStockRoute, type StockDeps, stockHistoryRoute } from './stock-routes.js';

interface AdminDeps
  extends BothAppsDeps,
    ExtendDeps,
    OrderListDeps,
    ReconcileDeps,
    RefundDeps,
    StockDeps,
    EndpointDeps,
    EventDeps {
  readonly adminToken: string;
  readonly catalogue: CatalogueDeps;
}

/**
 * The routes for operators, on a listener of their own. The admin token finds, reads, extends, cancels and refunds any
 * order.
 */
export function createAdminApp(deps: AdminDeps): Express {
  const app = createBareApp(deps);
  // Before every route, so that no route can forget the check. Without the token also an unknown route returns 401.
  app.use(requireAdmin(deps.adminToken), limitFailures(deps));

  app.get('/orders', listOrdersRoute(deps));
  app.get('/orders/:orderId', readOrderRoute(deps, anyOrder));
  app.post('/orders/:orderId/cancel', cancelOrderRoute(deps, anyOrder, 'operator-request'));
  app.post('/orders/:orderId/extend', rawBody, extendOrderRoute(deps));
  app.post('/orders/:orderId/refunds', rawBody, refundOrderRoute(deps));
  app.post('/payments/reconcile', rawBody, reconcilePaymentsRoute(deps));

  const { catalogue } = deps;
  app.get('/products', listProductsRoute(catalogue));
  app.get('/products/:sku', readProductRoute(catalogue));
  app.put('/products/:sku', rawBody, putProductRoute(catalogue));
  app.delete('/products/:sku', deleteProductRoute(catalogue));
  app.post('/products/:sku/stock-changes', rawBody, changeStockRoute(deps));
  app.get('/products/:sku/stock-changes', stockHistoryRoute(deps));

  app.get('/endpoints', listEndpointsRoute(deps));
  app.post('/endpoints', rawBody, addEndpointRoute(deps));
  app.get('/endpoints/:endpointId', readEndpointRoute(deps));
  app.delete('/endpoints/:endpointId', removeEndpointRoute(deps));
  app.post('/endpoints/:endpointId/pause', rawBody, pauseEndpointRoute(deps));
  app.post('/endpoints/:endpointId/resume', rawBody, resumeEndpointRoute(deps));
  app.post('/endpoints/:endpointId/rotate', rotateEndpointRoute(deps));
  app.post('/endpoints/:endpointId/test', testEndpointRoute(deps));

  app.get('/events', listEventsRoute(deps));
  app.post('/events/replay', rawBody, replayEventsRoute(deps));

  // Behind the token as well: the public listener says nothing of these routes.
  const description = operatorsDocument(deps.version);
  app.get('/openapi.json', (_request, response) => void response.json(description));

  addErrorAnswers(app, deps);
  return app;
}

const anyOrder = (): boolean => true;
