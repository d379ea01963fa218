import type { RowDataPacket } from 'mysql2/promise';
import type { ProductOnSale } from '../domain/product-on-sale.js';
import { isSilence, translated } from './driver/connection-errors.js';
import { createGroupCommit } from './driver/group-commit.js';
import type { Pool } from './driver/pool.js';

/** SKUs in one query, and queries at once. Rules of thumb: most of the pool stays free for checkouts. */
const [LARGEST, AT_ONCE] = [500, 2];
/** Reads that wait. The next read is rejected with `overloaded`. */
const WAITING = 10_000;

/** `undefined`: the catalogue has no such SKU. The read throws `dependency-unavailable` or `overloaded`. */
export type ReadProduct = (sku: string) => Promise<ProductOnSale | undefined>;

type Row = RowDataPacket & Omit<ProductOnSale, 'buyable'> & { readonly active: number };

/** Reads products for pages. Reads that wait at the same time share one query. Takes no lock. */
export function createProductReads(pool: Pool): ReadProduct {
  return createGroupCommit((skus: readonly string[]) => readProducts(pool, skus), {
    largest: LARGEST,
    atOnce: AT_ONCE,
    waiting: WAITING,
    endsAll: isSilence,
  });
}

async function readProducts(pool: Pool, skus: readonly string[]): Promise<(ProductOnSale | undefined)[]> {
  try {
    const [rows] = await pool.query<Row[]>(
      `SELECT sku, name, unit_price AS unitPrice, currency, available, active, max_per_order AS maxPerOrder
       FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?)`,
      [[...new Set(skus)]],
    );
    const products = new Map(rows.map((row) => [row.sku, toProduct(row)]));
    return skus.map((sku) => products.get(sku));
  } catch (error) {
    throw translated(error);
  }
}

const toProduct = ({ active, ...row }: Row): ProductOnSale => ({
  sku: row.sku,
  name: row.name,
  unitPrice: row.unitPrice,
  currency: row.currency,
  available: row.available,
  buyable: active === 1 && row.available > 0,
  maxPerOrder: row.maxPerOrder,
});
