import { LRUCache } from 'lru-cache';
import type { ProductOnSale } from '../domain/product-on-sale.js';

type ReadProduct = (sku: string) => Promise<ProductOnSale | undefined>;

/** A product's page may show the stock of a second ago. */
const KEPT_MS = 1_000;
/** So many products of 200 bytes to a kilobyte are some megabytes. A rule of thumb. */
const MOST = 10_000;

/** An unknown SKU is kept too. The cache takes no `undefined`. */
interface Entry {
  readonly product: ProductOnSale | undefined;
}

/**
 * Keeps each answer of `read` for a second, counted from the beginning of the read. Requests for a SKU that is just
 * being read share the read. An error is not kept: the next request reads again.
 *
 * @param options.now the process's clock, in milliseconds
 */
export function createProductCache(
  read: ReadProduct,
  { now = () => performance.now(), most = MOST }: { readonly now?: () => number; readonly most?: number } = {},
): ReadProduct {
  const cache = new LRUCache<string, Entry>({
    max: most,
    ttl: KEPT_MS,
    ttlResolution: 0,
    perf: { now },
    // More SKUs than `most` at the same time push out reads that are under way: these reads still have their callers.
    ignoreFetchAbort: true,
    async fetchMethod(sku, _stale, { options }) {
      const begun = now();
      const product = await read(sku);
      // At least 1: 0 would keep the entry without a limit.
      options.ttl = Math.max(1, KEPT_MS - (now() - begun));
      return { product };
    },
  });
  return async (sku) => (await cache.fetch(sku))?.product;
}
