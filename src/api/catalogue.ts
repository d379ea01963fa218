import { deleteProduct, findProduct, listProducts } from '../db/catalogue/products.js';
import { saveProducts } from '../db/catalogue/save-products.js';
import type { Pool } from '../db/driver/pool.js';
import type { WantedProduct } from '../domain/product.js';
import type { CatalogueDeps } from '../http/catalogue-routes.js';
import type { MigrationGate } from '../process/migration-gate.js';

/** Who changes the catalogue, in the ledger: the token names no person. */
const BY = 'operator';

/** What the operators' routes do with the catalogue. */
export function createCatalogue(pool: Pool, schema: Pick<MigrationGate, 'after'>): CatalogueDeps {
  return {
    listProducts: schema.after((page: Parameters<CatalogueDeps['listProducts']>[0]) => listProducts(pool, page)),
    readProduct: schema.after((sku: string) => findProduct(pool, sku)),
    saveProduct: schema.after(async (product: WantedProduct) => {
      const [saved] = await saveProducts(pool, [product], { by: BY });
      return saved;
    }),
    deleteProduct: schema.after((sku: string) => deleteProduct(pool, sku)),
  };
}
