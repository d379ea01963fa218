import type { CatalogueProduct } from '../../domain/product.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { selectProducts } from './product-rows.js';

/**
 * The whole catalogue as it is at one moment, in pages in the order of the SKU. Uses one connection until the last page:
 * all pages are from one snapshot, and a sale that goes on changes none of them.
 */
export async function* allProducts(pool: Pool, pageSize = 1_000): AsyncGenerator<CatalogueProduct[]> {
  const connection = await pool.getConnection().catch((error) => {
    throw translated(error);
  });
  let isDone = false;
  try {
    // Of the next transaction only.
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    for (let after = ''; ; ) {
      const page = await selectProducts(connection, 'FORCE INDEX (PRIMARY) WHERE sku > ? ORDER BY sku LIMIT ?', [
        after,
        pageSize,
      ]);
      const last = page.at(-1);
      if (last === undefined) break;
      yield page;
      after = last.sku;
    }
    await connection.query('COMMIT');
    isDone = true;
  } catch (error) {
    throw translated(error);
  } finally {
    // Closed, so that no snapshot stays open when the reader stops early.
    if (isDone) connection.release();
    else connection.destroy();
  }
}
