import type { CatalogueProduct } from '../../domain/product.js';
import { isReferenced, translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { inParts } from '../sku-parts.js';
import { selectProducts } from './product-rows.js';

export async function findProduct(pool: Pool, sku: string): Promise<CatalogueProduct | undefined> {
  const [product] = await select(pool, 'WHERE sku = ?', [sku]);
  return product;
}

/** @returns those of the products that exist, by their SKUs */
export async function findProducts(pool: Pool, skus: readonly string[]): Promise<Map<string, CatalogueProduct>> {
  const found = new Map<string, CatalogueProduct>();
  for (const part of inParts(skus.map((sku) => ({ sku })))) {
    const named = part.map(({ sku }) => sku);
    for (const product of await select(pool, 'WHERE sku IN (?)', [named])) found.set(product.sku, product);
  }
  return found;
}

/** Which products a list has. */
export interface ProductFilters {
  readonly active?: boolean | undefined;
  /** A part of the name or of the SKU, in upper or lower case. */
  readonly text?: string | undefined;
}

/**
 * A page of the catalogue, in the order of the SKU. Products that come or go between two pages move no product from one
 * page to another.
 *
 * @param after the last SKU of the page before
 */
export async function listProducts(
  pool: Pool,
  { after, limit, active, text }: ProductFilters & { readonly after?: string | undefined; readonly limit: number },
): Promise<CatalogueProduct[]> {
  const conditions: (readonly [string, ...unknown[]])[] = [];
  if (after !== undefined) conditions.push(['sku > ?', after]);
  if (active !== undefined) conditions.push(['active = ?', active]);
  if (text !== undefined) {
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    const contains = 'COLLATE utf8mb4_unicode_ci LIKE ?';
    conditions.push([`(name ${contains} OR sku ${contains})`, pattern, pattern]);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  const values = conditions.flatMap(([, ...given]) => given);
  return await select(pool, `FORCE INDEX (PRIMARY) ${where} ORDER BY sku LIMIT ?`, [...values, limit]);
}

export type Deletion =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'unknown' }
  /** Orders refer to the product, or units of it are in stock. `reserved` units are of open orders. */
  | ({ readonly kind: 'in-use' } & Pick<CatalogueProduct, 'available' | 'reserved' | 'sold'>);

/**
 * Deletes a product that was never ordered and has no stock, and its ledger. Units that are in stock leave by a change of
 * the stock, so that the ledger explains them. The schema refuses to delete another product
 * (`product_is_in_use`), also while a checkout that reserves the product is just committing.
 */
export async function deleteProduct(pool: Pool, sku: string): Promise<Deletion> {
  return await inTransaction(pool, async (transaction) => {
    const [product] = await selectProducts(transaction, 'WHERE sku = ? FOR UPDATE', [sku]);
    if (product === undefined) return { kind: 'unknown' };
    const { available, reserved, sold } = product;
    if (available > 0) return { kind: 'in-use', available, reserved, sold };
    try {
      await transaction.query('DELETE FROM products WHERE sku = ?', [sku]);
      return { kind: 'deleted' };
    } catch (error) {
      if (!isReferenced(error)) throw error;
      return { kind: 'in-use', available, reserved, sold };
    }
  });
}

async function select(pool: Pool, rest: string, values: readonly unknown[]): Promise<CatalogueProduct[]> {
  try {
    return await selectProducts(pool, rest, values);
  } catch (error) {
    throw translated(error);
  }
}
