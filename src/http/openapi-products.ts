import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { answersOf } from './openapi-parts.js';
import { productProblems } from './problem-examples.js';
import { productAnswer } from './schemas.js';

const example = {
  sku: 'mug-red',
  name: 'Red mug',
  unitPrice: 1250,
  currency: 'EUR',
  available: 98,
  buyable: true,
  maxPerOrder: null,
};

/** The route of `product-route.ts`. */
export function describeProducts(registry: OpenAPIRegistry): void {
  registry.registerPath({
    tags: ['Products'],
    method: 'get',
    path: '/products/{sku}',
    operationId: 'readProduct',
    summary: 'Price and stock of a product, for the pages of a shop',
    description: `The answer may be a second old. A checkout decides by the stock at its own moment.
In the path the SKU is percent-encoded: \`T-SHIRT%2FRED%20L\`.`,
    request: { params: z.object({ sku: z.string().openapi({ example: 'mug-red' }) }) },
    responses: {
      200: {
        description: 'The product',
        headers: z.object({ 'Cache-Control': z.string().openapi({ example: 'public, max-age=1' }) }),
        content: { 'application/json': { schema: productAnswer, example } },
      },
      ...answersOf(productProblems, '/products/{sku}'),
    },
  });
}
