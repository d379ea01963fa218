import { takeStock } from '../src/db/checkouts/stock.js';
import { createPool } from '../src/db/driver/pool.js';
import { inTransaction, type Transaction } from '../src/db/driver/transaction.js';
import { migrate } from '../src/db/migrate.js';
import { addProducts } from '../src/db/products.js';
import type { RequestedLine } from '../src/domain/allocation.js';
import { compare } from './harness/compare.js';
import type { Bench, Figure } from './harness/figure.js';
import { timed } from './harness/timing.js';

const ROUNDS = 9;
const LINES = [100, 300, 900];

/** The earlier statement: a CASE with a branch for each line. The database evaluates the branches for each row. */
async function takeByCase(transaction: Transaction, taken: readonly RequestedLine[]): Promise<void> {
  const quantities = `CASE sku ${taken.map(() => 'WHEN ? THEN ?').join(' ')} END`;
  const values = taken.flatMap(({ sku, quantity }) => [sku, quantity]);
  await transaction.query(
    `UPDATE products SET available = available - ${quantities}, reserved = reserved + ${quantities}
     WHERE sku IN (?) AND available >= ${quantities}`,
    [...values, ...values, taken.map(({ sku }) => sku), ...values],
  );
}

/** Times the statement that takes the stock of many SKUs: the median in milliseconds, the two statements in turn. */
export async function largeBaskets({ env }: Bench): Promise<Figure[]> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 1, timeLimitMs: 120_000 });
  try {
    await migrate(pool);
    const skus = Array.from({ length: Math.max(...LINES) }, (_, index) => `basket-${String(index).padStart(4, '0')}`);
    await addProducts(
      pool,
      skus.map((sku) => ({ sku, name: sku, unitPrice: 1, currency: 'EUR', stock: 1_000_000 })),
    );
    const figures: Figure[] = [];
    for (const lines of LINES) {
      const taken = skus.slice(0, lines).map((sku, index) => ({ sku, quantity: 1 + (index % 3) }));
      const measured = async (take: typeof takeStock) => ({
        value: await timed(() => inTransaction(pool, (transaction) => take(transaction, taken))),
      });
      figures.push(
        await compare(
          { name: `large-baskets: ${lines} SKUs`, unit: 'ms', better: 'smaller', rounds: ROUNDS },
          { ours: () => measured(takeStock), baseline: () => measured(takeByCase) },
        ),
      );
    }
    return figures;
  } finally {
    await pool.end();
  }
}
