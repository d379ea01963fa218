import type { Pool } from '../db/driver/pool.js';
import { listOrders } from '../db/orders/order-list.js';
import { createProductReads } from '../db/products-on-sale.js';
import type { OrderListDeps } from '../http/order-list-route.js';
import type { ProductDeps } from '../http/product-route.js';
import type { createMigrationGate } from '../process/migration-gate.js';
import { createProductCache } from './product-cache.js';

/** What the API only reads: products for the shop's pages, and lists of orders for operators. */
export function createApiReads({
  pool,
  schema,
}: {
  readonly pool: Pool;
  readonly schema: Pick<ReturnType<typeof createMigrationGate>, 'after'>;
}): { readonly products: ProductDeps; readonly orders: OrderListDeps } {
  return {
    products: { findProduct: createProductCache(schema.after(createProductReads(pool))) },
    orders: { listOrders: schema.after((filters, page) => listOrders(pool, filters, page)) },
  };
}
