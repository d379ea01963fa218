import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { answersOf } from './openapi-parts.js';
import { operatorProblems } from './problem-examples.js';
import { idempotencyKey } from './schemas.js';
import { stockChangeProblems, stockHistoryProblems } from './stock-problems.js';
import { historyQuery, stockChangeAnswer, stockChangeBody, stockHistoryAnswer } from './stock-schemas.js';

const PATH = '/products/{sku}/stock-changes';

const example = {
  changeId: 7041,
  sku: 'mug-red',
  kind: 'received',
  quantity: 20,
  counted: null,
  reason: 'delivery',
  reference: 'PO-2041',
  by: 'ada',
  changedAt: '2026-03-01T10:00:00.000Z',
  available: 118,
  reserved: 4,
  canceledOrders: [],
};

const params = z.object({ sku: z.string().openapi({ example: 'mug-red' }) });

/** The routes of `stock-routes.ts`. */
export function describeStock(registry: OpenAPIRegistry, shared: Pick<RouteConfig, 'security'>): void {
  registry.registerPath({
    ...shared,
    tags: ['Stock'],
    method: 'post',
    path: PATH,
    operationId: 'changeStock',
    summary: 'Change the stock of a product',
    description: `A change is a row of the ledger. The same key and body again: the same answer, and nothing changes.
In the path the SKU is percent-encoded: \`T-SHIRT%2FRED%20L\`.`,
    request: {
      params,
      headers: z.object({ 'Idempotency-Key': idempotencyKey }),
      body: { required: true, content: { 'application/json': { schema: stockChangeBody } } },
    },
    responses: {
      201: {
        description: 'The change, and the stock after it',
        headers: z.object({ 'Idempotent-Replayed': z.string().optional().openapi({ example: 'true' }) }),
        content: { 'application/json': { schema: stockChangeAnswer, example } },
      },
      ...answersOf(operatorProblems(stockChangeProblems), PATH),
    },
  });
  registry.registerPath({
    ...shared,
    tags: ['Stock'],
    method: 'get',
    path: PATH,
    operationId: 'listStockChanges',
    summary: "The ledger of a product's stock, the newest change first",
    request: { params, query: historyQuery },
    responses: {
      200: {
        description: 'A page of the ledger',
        content: {
          'application/json': {
            schema: stockHistoryAnswer,
            example: { changes: [example], links: { next: '/products/mug-red/stock-changes?before=7041&limit=50' } },
          },
        },
      },
      ...answersOf(operatorProblems(stockHistoryProblems), PATH),
    },
  });
}
