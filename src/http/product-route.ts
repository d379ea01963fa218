import type { Request, Response } from 'express';
import type { ProductOnSale } from '../domain/product-on-sale.js';
import { EXPECTED_SKU, toSku } from '../domain/sku.js';
import { Problem } from './problem.js';

export interface ProductDeps {
  /** A product as a page may show it, at most a second old; `undefined` for a SKU that the catalogue does not have. */
  readonly findProduct: (sku: string) => Promise<ProductOnSale | undefined>;
}

/** Browsers and proxies may show an answer for a second, also the answer that there is no such product. */
const headers = { 'Cache-Control': 'public, max-age=1' };

/** `GET /products/:sku`, for the shop's pages. A checkout decides by the stock itself, and not by this answer. */
export function readProductRoute({ findProduct }: ProductDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const sku = toSku(String(request.params.sku));
    if (sku === undefined) throw notSku();
    const product = await findProduct(sku);
    if (product === undefined) throw productNotFound(sku);
    response.set(headers).json(product);
  };
}

export const productNotFound = (sku: string): Problem =>
  new Problem(404, 'not-found', 'Not found', `There is no product with the SKU ${sku}.`, { headers });

export const notSku = (): Problem =>
  new Problem(404, 'not-a-sku', 'Not a SKU', `The path has no SKU: ${EXPECTED_SKU}, percent-encoded.`, { headers });
