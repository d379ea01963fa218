import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createAdminApp } from '../../src/http/admin-app.js';
import { createApp } from '../../src/http/app.js';
import type { CatalogueDeps } from '../../src/http/catalogue-routes.js';
import { webhooksOf } from '../../src/payments/providers.js';
import { listen } from '../../src/process/listen.js';
import { adminToken, webhookSecret } from './system.js';

type Deps = Parameters<typeof createApp>[0];
type AdminDeps = Parameters<typeof createAdminApp>[0];

/** The API's dependencies of a shop without orders, where each checkout fails; `own` replaces some of them. */
export function emptyShop(own: Partial<Deps> = {}): Deps {
  return {
    log: pino({ level: 'silent' }),
    requestsPerMinute: 0,
    trustProxy: false,
    version: '1.2.3',
    asyncApi: {},
    stopping: () => false,
    metrics: new Registry(),
    dependencies: [],
    paymentWindows: new Map(),
    checkoutTokens: [],
    checkoutOpen: true,
    checkout: async ({ lines }) => ({ kind: 'unknown-sku', skus: lines.map(({ sku }) => sku) }),
    onReserved: () => undefined,
    findProduct: async () => undefined,
    findOrder: async () => undefined,
    cancel: async () => undefined,
    beginPayment: async () => ({ kind: 'no-provider', known: [] }),
    extend: async () => ({ kind: 'ended', status: 'canceled' }),
    webhooks: webhooksOf({
      STRIPE_CAPTURE: 'at-once',
      PAYMENT_WEBHOOK_SECRET: [webhookSecret],
      STRIPE_WEBHOOK_SECRET: undefined,
    }),
    storeEvent: async () => ({ as: 'stored' }),
    storeReport: async () => 'stored',
    onPayment: () => undefined,
    ...own,
  };
}

/** The same for the operators' listener. */
export const emptyOperators = (own: Partial<AdminDeps> = {}): AdminDeps => ({
  ...emptyShop(),
  adminToken,
  catalogue: emptyCatalogue,
  listOrders: async () => ({ orders: [], next: undefined }),
  changeStock: async () => ({ kind: 'unknown-sku' }),
  stockHistory: async () => undefined,
  providers: [],
  reconcile: async () => [],
  requestRefund: async () => ({ kind: 'not-paid', status: 'placed' }),
  endpoints: noEndpoints,
  events: {
    list: async () => ({ events: [], next: undefined }),
    replay: async () => ({ kind: 'replayed', replayed: 0, endpoint: undefined, next: undefined }),
  },
  ...own,
});

/** No endpoints, and no address that may become one. */
const noEndpoints: AdminDeps['endpoints'] = {
  list: async () => [],
  find: async () => undefined,
  add: async () => ({ kind: 'url-refused', problem: 'expected another one' }),
  checkAdd: async () => ({ kind: 'url-refused', problem: 'expected another one' }),
  pause: async () => undefined,
  resume: async () => undefined,
  remove: async () => false,
  rotate: async () => ({ kind: 'unknown' }),
  test: async () => undefined,
};

/** A catalogue without products, which takes none. */
const emptyCatalogue: CatalogueDeps = {
  listProducts: async () => [],
  readProduct: async () => undefined,
  saveProduct: async () => undefined,
  deleteProduct: async () => ({ kind: 'unknown' }),
};

/** Serves on a free port until the test ends. */
async function serve(t: { teardown(cleanUp: () => Promise<void>): void }, app: RequestListener): Promise<string> {
  const { close, url } = await listen(app, { host: '127.0.0.1', port: 0 });
  t.teardown(() => close(10_000));
  return url;
}

export const serveShop = (t: Parameters<typeof serve>[0], own: Partial<Deps>): Promise<string> =>
  serve(t, createApp(emptyShop(own)).serve);

export const serveOperators = (t: Parameters<typeof serve>[0], own: Partial<AdminDeps>): Promise<string> =>
  serve(t, createAdminApp(emptyOperators(own)));

export const paymentEvent = () => ({
  type: 'payment.succeeded',
  data: { paymentId: `pay_${randomUUID()}`, orderId: randomUUID(), amount: 1, currency: 'EUR' },
});
