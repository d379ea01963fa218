import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { catalogueProduct, productBody, productPage, productQuery } from './catalogue-schemas.js';
import { answersOf } from './openapi-parts.js';
import { catalogueProblems, operatorProblems } from './problem-examples.js';

const example = {
  sku: 'T-SHIRT/RED L',
  name: 'T-shirt, red, L',
  unitPrice: 1900,
  currency: 'EUR',
  active: true,
  maxPerOrder: 5,
  available: 47,
  reserved: 2,
  sold: 1,
};
const { sku: _, available: _a, reserved: _r, sold: _s, ...wanted } = example;

const json = (schema: z.ZodType, shown: object) => ({ 'application/json': { schema, example: shown } });
const product = (description: string, shown: object = example) => ({
  description,
  content: json(catalogueProduct, shown),
});

/** The routes of `catalogue-routes.ts`. @param security the operators' token */
export function describeCatalogue(registry: OpenAPIRegistry, security: Record<string, string[]>[]): void {
  const shared = { tags: ['Catalogue'], security };
  const bySku = {
    params: z.object({ sku: z.string().openapi({ example: example.sku, description: 'percent-encoded in the path' }) }),
  };
  const of = (problems: keyof typeof catalogueProblems) =>
    answersOf(operatorProblems(catalogueProblems[problems]), problems === 'list' ? '/products' : '/products/{sku}');

  registry.registerPath({
    ...shared,
    method: 'get',
    path: '/products',
    operationId: 'listProducts',
    summary: 'The catalogue, page by page',
    description: 'In the order of the SKU. Products that come and go move no product to another page.',
    request: { query: productQuery },
    responses: {
      200: {
        description: 'A page',
        content: json(productPage, { products: [example], links: { next: '/products?after=T-SHIRT%2FRED+L' } }),
      },
      ...of('list'),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'get',
    path: '/products/{sku}',
    operationId: 'readCatalogueProduct',
    summary: 'A product and its stock',
    request: bySku,
    responses: { 200: product('The product'), ...of('read') },
  });
  registry.registerPath({
    ...shared,
    method: 'put',
    path: '/products/{sku}',
    operationId: 'putProduct',
    summary: 'Create or change a product',
    description: `The same request again changes nothing. Placed orders keep their prices. With \`"active": false\` the product
is taken off sale: open orders go on. A new product has no stock.`,
    request: { ...bySku, body: { required: true, content: json(productBody, wanted) } },
    responses: {
      200: product('The product existed, and is as requested'),
      201: {
        ...product('The product is new', { ...example, available: 0, reserved: 0, sold: 0 }),
        headers: z.object({ Location: z.string().openapi({ example: '/products/T-SHIRT%2FRED%20L' }) }),
      },
      ...of('put'),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'delete',
    path: '/products/{sku}',
    operationId: 'deleteProduct',
    summary: 'Delete a product that was never ordered',
    request: bySku,
    responses: { 204: { description: 'The product and its ledger are deleted' }, ...of('delete') },
  });
}
