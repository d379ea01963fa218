import { randomUUID } from 'node:crypto';
import { findProducts } from '../../db/catalogue/products.js';
import type { Pool } from '../../db/driver/pool.js';
import type { StockChanges } from '../../db/stock/stock-changes.js';
import type { Problem } from './bad-csv.js';
import type { ProductLine } from './product-line.js';

/** A line whose `stock` differs from what lies on the shelf. */
export interface Count {
  readonly line: number;
  readonly sku: string;
  readonly before: number;
  readonly reserved: number;
  readonly counted: number;
}

/** @returns the counts that would change the stock of a product that exists */
export async function differingCounts(pool: Pool, products: readonly ProductLine[]): Promise<Count[]> {
  const lines = products.filter(({ stock }) => stock !== undefined);
  const found = await findProducts(
    pool,
    lines.map(({ sku }) => sku),
  );
  return lines.flatMap(({ line, sku, stock: counted = 0 }) => {
    const product = found.get(sku);
    if (product === undefined) return [];
    const { available, reserved } = product;
    return available + reserved === counted ? [] : [{ line, sku, before: available + reserved, reserved, counted }];
  });
}

/** @returns what is wrong with a count that is below the units of open orders */
export const problemOf = ({ line, counted, reserved }: Pick<Count, 'line' | 'counted' | 'reserved'>): Problem[] =>
  counted >= reserved
    ? []
    : [{ line, column: 'stock', problem: `expected at least the ${reserved} units of open orders, not ${counted}` }];

/** Stores counts in the ledger. @returns what was refused: an order or another person was faster */
export async function storeCounts(changes: StockChanges, counts: readonly Count[], by: string): Promise<Problem[]> {
  const results = await Promise.all(
    counts.map(({ sku, counted }) =>
      changes.change({
        sku,
        kind: 'counted',
        quantity: counted,
        reason: 'orders products import',
        reference: null,
        by,
        // A count that is stored already differs no more, so a second run does not ask for it.
        idempotencyKey: `import-${randomUUID()}`,
        cancelNewestOrders: false,
      }),
    ),
  );
  return results.flatMap((result, index): Problem[] => {
    const line = counts[index]?.line ?? 0;
    if (result.kind === 'changed') return [];
    const why =
      result.kind === 'refused'
        ? `${result.available} units are available and ${result.reserved} reserved`
        : result.kind === 'unknown-sku'
          ? 'the product is gone'
          : 'its key was used before';
    return [{ line, column: 'stock', problem: `not counted: ${why} now` }];
  });
}
