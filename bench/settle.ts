import { auditDatabase } from '../src/db/audit/audit.js';
import { createPool } from '../src/db/driver/pool.js';
import { migrate } from '../src/db/migrate.js';
import { settleOrder } from '../src/db/orders/settlement.js';
import { createSettlements } from '../src/db/orders/settlements.js';
import { inParallel } from '../src/domain/in-parallel.js';
import type { Figure } from './benchmark.js';
import { addStock, placeOrders } from './place-orders.js';
import { median, perSecond } from './timing.js';

const ROUNDS = 5;
const ORDERS = 1_000;
const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

/**
 * Orders that end at the same moment: settlements that share transactions, compared with a transaction for each order,
 * two at a time, as the sweep of overdue orders had it. Ends with the audit.
 */
export async function settle(env: NodeJS.ProcessEnv): Promise<Figure[]> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 4, timeLimitMs: 120_000 });
  try {
    await migrate(pool);
    const { settle: together } = createSettlements(pool);
    const figures: Figure[] = [];
    for (const count of [1, 1_000]) {
      const skus = await addStock(pool, `settle-${count}`, count);
      const rates: { ours: number[]; baseline: number[] } = { ours: [], baseline: [] };
      for (let round = 0; round < ROUNDS; round++) {
        const [one, other] = [await placeOrders(pool, skus, ORDERS), await placeOrders(pool, skus, ORDERS)];
        rates.ours.push(
          await perSecond(ORDERS, () => Promise.all(one.map(({ orderId }) => together(orderId, cancel)))),
        );
        rates.baseline.push(
          await perSecond(ORDERS, () => inParallel(other, 2, ({ orderId }) => settleOrder(pool, orderId, cancel))),
        );
      }
      const [ours, baseline] = [median(rates.ours), median(rates.baseline)];
      figures.push({ name: `settle: ${count} SKUs`, ours, baseline, ratio: ours / baseline, unit: 'orders/s' });
    }
    const findings = await auditDatabase(pool, 0);
    if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings.slice(0, 3))}`);
    return figures;
  } finally {
    await pool.end();
  }
}
