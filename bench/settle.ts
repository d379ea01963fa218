import { createPool } from '../src/db/driver/pool.js';
import { migrate } from '../src/db/migrate.js';
import { settleOrder } from '../src/db/orders/settlement.js';
import { createSettlements } from '../src/db/orders/settlements.js';
import type { Checkout } from '../src/domain/checkout.js';
import { inParallel } from '../src/domain/in-parallel.js';
import { audited } from './harness/audited.js';
import { compare } from './harness/compare.js';
import type { Bench, Figure } from './harness/figure.js';
import { perSecond } from './harness/timing.js';
import { addStock, placeOrders } from './place-orders.js';

const ROUNDS = 5;
const ORDERS = 1_000;
const cancel = { kind: 'cancel', reason: 'customer-request' } as const;

/**
 * Orders that end at the same moment: settlements that share transactions, compared with a transaction for each order,
 * two at a time, as the sweep of overdue orders had it. Ends with the audit.
 */
export async function settle({ env }: Bench): Promise<Figure[]> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 4, timeLimitMs: 120_000 });
  try {
    await migrate(pool);
    const { settle: together } = createSettlements(pool);
    const figures: Figure[] = [];
    for (const count of [1, 1_000]) {
      const skus = await addStock(pool, `settle-${count}`, count);
      const measured = async (settleAll: (orders: readonly Checkout[]) => Promise<unknown>) => {
        const orders = await placeOrders(pool, skus, ORDERS);
        return { value: await perSecond(ORDERS, () => settleAll(orders)) };
      };
      const name = `settle: ${count} ${count === 1 ? 'SKU' : 'SKUs'}`;
      figures.push(
        await compare(
          { name, unit: 'orders/s', better: 'larger', rounds: ROUNDS },
          {
            ours: () => measured((orders) => Promise.all(orders.map(({ orderId }) => together(orderId, cancel)))),
            baseline: () =>
              measured((orders) => inParallel(orders, 2, ({ orderId }) => settleOrder(pool, orderId, cancel))),
          },
        ),
      );
    }
    await audited(pool);
    return figures;
  } finally {
    await pool.end();
  }
}
