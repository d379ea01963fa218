import { createPool } from '../src/db/driver/pool.js';
import { createOrderRecorder } from '../src/db/grouped-writes.js';
import { migrate } from '../src/db/migrate.js';
import type { Checkout } from '../src/domain/checkout.js';
import { inParallel } from '../src/domain/in-parallel.js';
import { writeOrder } from './baselines/one-by-one/write.js';
import { audited } from './harness/audited.js';
import { compare } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { perSecond, quantile, timed } from './harness/timing.js';
import { addStock, placeOrders } from './place-orders.js';

const ROUNDS = 3;
const BASELINE = 300;
/** As many connections as a worker has. */
const CONNECTIONS = 10;
const WORK: readonly { readonly callers: number; readonly orders: number; readonly goal?: number }[] = [
  { callers: 1, orders: 300 },
  { callers: 8, orders: 1_000 },
  { callers: 64, orders: 5_000, goal: 50 },
  { callers: 256, orders: 10_000, goal: 50 },
];

/**
 * Orders of three items, written as the workflows' activity writes them, compared with a transaction for each order, one
 * at a time. Ends with the audit.
 */
export async function write({ env, pids }: Bench): Promise<Figure[]> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: CONNECTIONS, timeLimitMs: 120_000 });
  const processes = { writer: process.pid, MySQL: pids['mysql'] ?? 0 };
  try {
    await migrate(pool);
    const record = createOrderRecorder(pool);
    const skus = await addStock(pool, 'write', 100);

    async function measured(count: number, callers: number, work: (order: Checkout) => Promise<unknown>) {
      const orders = await placeOrders(pool, skus, count, 3);
      const waits: number[] = [];
      const each = async (order: Checkout) => void waits.push(await timed(() => work(order)));
      const { result: value, cpu } = await withCpu(
        processes,
        () => perSecond(count, () => inParallel(orders, callers, each)),
        () => count,
      );
      return { value, details: { 'p50 ms': quantile(waits, 0.5), 'p99 ms': quantile(waits, 0.99), ...cpu } };
    }

    const figures: Figure[] = [];
    for (const { callers, orders, goal } of WORK) {
      const name = `write: ${callers} ${callers === 1 ? 'caller' : 'callers'}`;
      figures.push(
        await compare(
          { name, unit: 'orders/s', better: 'larger', rounds: ROUNDS, ...(goal !== undefined && { goal }) },
          {
            ours: (): Promise<Measured> => measured(orders, callers, ({ orderId }) => record(orderId)),
            baseline: () => measured(BASELINE, 1, (order) => writeOrder(pool, order)),
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
