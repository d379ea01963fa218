import type { Pool } from '../db/driver/pool.js';
import { createProductReads } from '../db/products-on-sale.js';
import type { ProductDeps } from '../http/product-route.js';
import type { createMigrationGate } from '../process/migration-gate.js';
import { createProductCache } from './product-cache.js';

/** What the API only reads for the shop's pages. */
export const createApiReads = ({
  pool,
  schema,
}: {
  readonly pool: Pool;
  readonly schema: Pick<ReturnType<typeof createMigrationGate>, 'after'>;
}): ProductDeps => ({ findProduct: createProductCache(schema.after(createProductReads(pool))) });
