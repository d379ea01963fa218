import type { Request } from 'express';
import { toSku } from '../domain/sku.js';
import { notFound, type Problem } from './problem.js';

export const noSuchProduct = (sku: string): Problem => notFound(`There is no product with the SKU ${sku}.`);

/**
 * Express has decoded the path, and answered 400 where the encoding is broken.
 *
 * @throws {Problem} 404 for a text that is no SKU, because the text names no product
 */
export function skuOf(request: Request): string {
  const given = String(request.params.sku);
  const sku = toSku(given);
  if (sku === undefined) throw noSuchProduct(given);
  return sku;
}
