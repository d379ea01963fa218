import test from 'ava';
import type { Express } from 'express';
import { createAdminApp } from '../../src/http/admin-app.js';
import { createApp } from '../../src/http/app.js';
import { openApiDocument } from '../../src/http/openapi.js';
import { emptyShop } from '../helpers/app.js';
import { adminToken } from '../helpers/system.js';

/** What Express keeps of a route, and of a router that holds some. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
}

const routesIn = (layers: readonly Layer[]): string[] =>
  layers.flatMap(({ route, handle }) =>
    route === undefined
      ? routesIn(handle?.stack ?? [])
      : Object.keys(route.methods).map((method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`),
  );

const routesOf = (app: Express): string[] => routesIn((app.router as unknown as { stack: Layer[] }).stack).sort();

test('the public listener answers what its description says, and nothing else', (t) => {
  const shop = emptyShop();
  const { paths = {} } = openApiDocument(shop.webhooks);
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  // What describes and watches the API is not described by it; /docs are files, and no route.
  const known = ['get /livez', 'get /readyz', 'get /metrics', 'get /openapi.json'];
  t.deepEqual(routesOf(createApp(shop)), [...described, ...known].sort());
});

test("the operators' listener answers its two routes, and nothing else", (t) => {
  t.deepEqual(routesOf(createAdminApp({ ...emptyShop(), adminToken })), [
    'get /orders/{orderId}',
    'post /orders/{orderId}/cancel',
  ]);
});
