import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { answersOf } from './openapi-parts.js';
import { productProblems } from './problem-examples.js';

const productAnswer = z
  .object({
    sku: z.string(),
    name: z.string(),
    unitPrice: z.int().openapi({ description: 'in minor units' }),
    currency: z.string(),
    available: z.int().openapi({ description: 'units that can be bought, up to a second ago' }),
    buyable: z.boolean().openapi({ description: 'the product is active, and a unit is available' }),
    maxPerOrder: z.int().nullable().openapi({ description: 'the most units in one order; null: no limit of its own' }),
  })
  .openapi('Product');

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
