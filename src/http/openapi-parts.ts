import { type OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { orderLinks } from './links.js';
import { type Problem, problemBody } from './problem.js';
import type { Problems } from './problem-examples.js';
import { problemAnswer } from './problem-schema.js';
import { orderAnswer } from './schemas.js';

/** What both descriptions are made of: the public one, and the one of the operators' listener. */

const REQUEST_ID = '01a2f0de-7d2b-7aa1-9d0e-8a8f1f0f7a55';
const ORDER_ID = '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10';
const ENDPOINT_ID = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';

export const orderId = z.object({ orderId: z.uuid().openapi({ example: ORDER_ID }) });

export const placedExample = {
  orderId: ORDER_ID,
  status: 'placed',
  amount: 2500,
  currency: 'EUR',
  expiresAt: '2026-03-01T10:30:00.000Z',
  readToken: 'Zk3v0mJq5d8wX1cR7tYbN2hL9pSfA4gE6uKiOzQxVnM',
  links: orderLinks(ORDER_ID),
};

const { readToken: _, ...placed } = placedExample;
export const orderExample = {
  ...placed,
  userId: 7,
  items: [{ sku: 'mug-red', quantity: 2, unitPrice: 1250 }],
  createdAt: '2026-03-01T10:00:00.000Z',
  adjustments: [],
  reference: '2026-10447',
  metadata: { channel: 'app' },
  settledAt: null,
  cancelReason: null,
  paidReason: null,
  refund: 'none',
  refunds: [],
  succeeds: null,
  successor: null,
};

export const order = (description: string, changed: object = {}) => ({
  description,
  content: { 'application/json': { schema: orderAnswer, example: { ...orderExample, ...changed } } },
});

export const canceledBy = (cancelReason: string) => ({
  status: 'canceled',
  cancelReason,
  settledAt: '2026-03-01T10:04:12.000Z',
});

const RETRY_AFTER = { 'Retry-After': z.string().openapi({ description: 'seconds', example: '2' }) };
const challenge = (example: string) => ({ 'WWW-Authenticate': z.string().openapi({ example }) });

/** An answer for each status, with each problem that this route answers under it as an example. */
export function answersOf(problems: Problems, path: string): RouteConfig['responses'] {
  const instance = path.replace('{orderId}', ORDER_ID).replace('{sku}', 'mug-red').replace('{endpointId}', ENDPOINT_ID);
  return Object.fromEntries(
    Object.entries(problems).map(([status, all]: [string, readonly Problem[]]) => {
      const examples = all.map((problem) => {
        const value = problemBody(problem, { instance, requestId: REQUEST_ID });
        return [nameOf(problem), { summary: problem.message, value }];
      });
      const waits = all.some(({ extra }) => extra.retryAfterSeconds !== undefined) || status === '429';
      const challenged = all
        .map(({ extra }) => extra.headers?.['WWW-Authenticate'])
        .find((challenge) => challenge !== undefined);
      return [
        status,
        {
          description: [...new Set(all.map(({ title }) => title))].join('; '),
          ...(waits && { headers: z.object(RETRY_AFTER) }),
          ...(challenged && { headers: z.object(challenge(challenged)) }),
          content: {
            'application/problem+json': { schema: problemAnswer, examples: Object.fromEntries(examples) },
          },
        },
      ];
    }),
  );
}

/** Several problems of a route may have one type: they differ in the first field that they name. */
const nameOf = ({ code, extra }: Problem): string =>
  code === 'invalid' ? `${code} ${extra.errors?.[0]?.field ?? ''} ${extra.errors?.[0]?.detail ?? ''}`.trim() : code;

export const generate = (
  registry: OpenAPIRegistry,
  info: { readonly title: string; readonly version: string; readonly description: string },
  tags: readonly { readonly name: string; readonly description: string }[],
) =>
  new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info,
    tags: [...tags],
    // Relative to where this description was read: a proxy may serve it under a prefix.
    servers: [{ url: '.', description: 'the address of this description' }],
  });
