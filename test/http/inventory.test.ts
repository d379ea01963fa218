import { randomUUID } from 'node:crypto';
import { Ajv } from 'ajv';
import test from 'ava';
import type { Express } from 'express';
import type { CheckoutResult } from '../../src/domain/checkout.js';
import { DomainError, type ErrorCode } from '../../src/domain/errors.js';
import { createAdminApp } from '../../src/http/admin-app.js';
import { createApp } from '../../src/http/app.js';
import { openApiDocument } from '../../src/http/openapi.js';
import { operatorsDocument } from '../../src/http/openapi-operators.js';
import { webhooksOf } from '../../src/payments/providers.js';
import { emptyOperators, emptyShop, serveOperators, serveShop } from '../helpers/app.js';
import { stripeSecret } from '../helpers/stripe-webhook.js';
import { adminToken, webhookSecret } from '../helpers/system.js';

/** Express's internal data of a route, and of a router with routes. */
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

interface Operation {
  readonly tags?: readonly string[];
  readonly operationId?: string;
  readonly security?: readonly object[];
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}
interface Media {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: Record<string, unknown> }>>;
}

const publicDocument = openApiDocument(
  emptyShop({
    webhooks: webhooksOf({
      STRIPE_CAPTURE: 'at-once',
      PAYMENT_WEBHOOK_SECRET: [webhookSecret],
      STRIPE_WEBHOOK_SECRET: [stripeSecret],
    }),
  }),
);
const documents = [publicDocument, operatorsDocument('1.2.3')];

const operationsOf = ({ paths = {} }: (typeof documents)[number]): (readonly [route: string, Operation])[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation as Operation] as const),
  );

const problemsOf = (operation: Operation | undefined, status: number | string) =>
  Object.values(operation?.responses?.[status]?.content?.['application/problem+json']?.examples ?? {}).map(
    ({ value }) => value,
  );

test('the public listener has the routes of its description, and no others', (t) => {
  const shop = emptyShop();
  const described = operationsOf(openApiDocument(shop)).map(([route]) => route);
  // The descriptions do not contain their own routes; /docs serves files, and is no route.
  const descriptions = ['get /asyncapi.json', 'get /openapi.json'];
  t.deepEqual(routesOf(createApp(shop).express), [...described, ...descriptions].sort());
});

test("the operators' listener has the routes of its own description, and no others", (t) => {
  const described = operationsOf(operatorsDocument('1.2.3')).map(([route]) => route);
  t.deepEqual(described.toSorted(), [
    'delete /endpoints/{endpointId}',
    'delete /products/{sku}',
    'get /endpoints',
    'get /endpoints/{endpointId}',
    'get /events',
    'get /orders',
    'get /orders/{orderId}',
    'get /products',
    'get /products/{sku}',
    'get /products/{sku}/stock-changes',
    'post /endpoints',
    'post /endpoints/{endpointId}/pause',
    'post /endpoints/{endpointId}/resume',
    'post /endpoints/{endpointId}/rotate',
    'post /endpoints/{endpointId}/test',
    'post /events/replay',
    'post /orders/{orderId}/cancel',
    'post /orders/{orderId}/extend',
    'post /orders/{orderId}/refunds',
    'post /payments/reconcile',
    'post /products/{sku}/stock-changes',
    'put /products/{sku}',
  ]);
  t.deepEqual(routesOf(createAdminApp(emptyOperators())), [...described, 'get /openapi.json'].sort());
});

test('each route is in a group, and each of its problems has its own example, which the schema accepts', (t) => {
  for (const document of documents) {
    const { schemas = {} } = document.components ?? {};
    const isProblem = new Ajv({ strict: false, validateFormats: false }).compile(schemas['Problem'] as object);
    const groups = document.tags?.map(({ name }) => name);
    for (const [route, { tags: [group] = [], responses = {} }] of operationsOf(document)) {
      t.true(groups?.includes(String(group)), route);
      for (const [status, { content = {} }] of Object.entries(responses)) {
        if (status < '400' || !('application/problem+json' in content)) continue;
        const problems = problemsOf({ responses }, status);
        t.true(problems.length > 0, `${route} ${status}`);
        t.is(new Set(problems.map(({ detail }) => detail)).size, problems.length, `${route} ${status}`);
        for (const problem of problems) {
          t.true(isProblem(problem), `${route} ${status}: ${JSON.stringify([problem, isProblem.errors])}`);
          t.is(String(problem['status']), status, route);
        }
      }
    }
  }
});

const body = (sku: string, quantity = 2) => JSON.stringify({ userId: 7, items: [{ sku, quantity }] });
const throws = (code: ErrorCode) => () => Promise.reject(new DomainError(code, ''));
const results: Readonly<Record<string, CheckoutResult>> = {
  'out-of-stock': { kind: 'out-of-stock', short: [{ sku: 'mug', requested: 2, available: 1 }] },
  'unknown-sku': { kind: 'unknown-sku', skus: ['mug'] },
  'not-for-sale': { kind: 'not-for-sale', skus: ['mug'] },
  'too-many-of-product': { kind: 'too-many-of-product', large: [{ sku: 'mug', requested: 2, limit: 1 }] },
  'mixed-currency': { kind: 'mixed-currency', currencies: ['EUR', 'USD'] },
  'key-reused': { kind: 'key-reused' },
  'too-many-open-orders': { kind: 'too-many-open-orders', limit: 5 },
  'too-many-units': { kind: 'too-many-units', limit: 5, requested: 6 },
};

test('a problem is answered with a status, a type and fields of the description', async (t) => {
  const ask = async (route: string, url: string, init: RequestInit = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const answer = await fetch(url + path.replace('{orderId}', randomUUID()), {
      method: method.toUpperCase(),
      ...init,
    });
    const given = (await answer.json()) as Record<string, unknown>;
    const operation = operationsOf(publicDocument).find(([name]) => name === route)?.[1];
    const shown = problemsOf(operation, answer.status).filter(({ type }) => type === given['type']);
    t.true(shown.length > 0, `${route} answered ${answer.status} ${given['type']}`);
    t.deepEqual(Object.keys(given).sort(), Object.keys(shown[0] ?? {}).sort(), String(given['type']));
  };
  const headers = { 'idempotency-key': 'one' };
  for (const result of Object.values(results)) {
    const url = await serveShop(t, { checkout: async () => result });
    await ask('post /checkout', url, { headers, body: body('mug') });
  }
  for (const code of ['overloaded', 'dependency-unavailable'] as const) {
    const url = await serveShop(t, { checkout: throws(code), findOrder: throws(code), storeEvent: throws(code) });
    await ask('post /checkout', url, { headers, body: body('mug') });
  }
  const url = await serveShop(t, { findOrder: () => Promise.reject(new Error('a fault')) });
  await ask('post /checkout', url, { body: body('mug') });
  await ask('post /checkout', url, { headers, body: '{' });
  await ask('post /checkout', url, { headers, body: body('mug', 0) });
  await ask('post /checkout', url, { headers, body: 'x'.repeat(70_000) });
  await ask('get /orders/{orderId}', url);
  await ask('get /orders/{orderId}', await serveShop(t, {}));
  await ask('post /orders/{orderId}/cancel', await serveShop(t, {}));
  await ask('post /webhooks/payment', url, { body: '{}' });
  const limited = await serveShop(t, { requestsPerMinute: 1 });
  await fetch(`${limited}/orders/1`);
  await ask('get /orders/{orderId}', limited);
});

test("the operators' description has its own scheme for the admin token, and the public description does not name the routes", async (t) => {
  const operators = await serveOperators(t, {});
  t.is((await fetch(`${operators}/openapi.json`)).status, 401);
  const answer = await fetch(`${operators}/openapi.json`, { headers: { authorization: `Bearer ${adminToken}` } });
  const described = (await answer.json()) as ReturnType<typeof operatorsDocument>;
  t.deepEqual(Object.keys(described.components?.securitySchemes ?? {}), ['operatorToken']);
  for (const [route, operation] of operationsOf(described)) {
    t.deepEqual(operation.security, [{ operatorToken: [] }], route);
    t.true('401' in (operation.responses ?? {}), route);
  }
  t.notRegex(JSON.stringify(publicDocument), /admin|operatorToken/i);
});
