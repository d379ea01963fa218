import { closeEnded, isPlaced, ordersInTime } from '../../src/db/orders/open-orders.js';
import { createClient } from '../../src/temporal/client.js';
import { createKnownWorkflows } from '../../src/temporal/known-workflows.js';
import { createReconciler } from '../../src/temporal/reconciler.js';
import { createTestLog } from '../../test/helpers/broker.js';
import { startCheckouts } from '../checkout-system.js';
import { audited } from '../harness/audited.js';
import { figureOf } from '../harness/compare.js';
import type { Bench, Figure, Measured } from '../harness/figure.js';
import { expectOnly, startHttpLoad } from '../harness/http-load.js';
import { timed } from '../harness/timing.js';
import { loadOrders } from '../load-orders.js';

const SKU = 'open';
const [FEW, MANY] = [1_000, 100_000];
const ROUNDS = 6;
const [RATE, SECONDS] = [200, 1.5];
const TURN_LIMIT_MS = 1_000;

/** Rows of open orders: the latency of checkouts, and a turn of the reconciler. */
export async function openRows({ env }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const [few, many] = await Promise.all([startCheckouts([SKU]), startCheckouts([SKU])]);
  const module = new URL('../checkout-requests.js', import.meta.url).href;
  const requests = { module, name: 'checkoutRequests', options: { skus: [SKU], lines: 1 } };

  async function buy({ url }: { readonly url: string }): Promise<Measured> {
    const result = await load.run({ url, connections: 64, rate: RATE, requests, amount: { seconds: SECONDS } });
    expectOnly(201, result);
    const { p50, p99, max } = result.latency;
    return { value: p50, details: { 'p50 ms': p50, 'p99 ms': p99, 'max ms': max } };
  }

  try {
    for (const [shop, open] of [
      [few, FEW],
      [many, MANY],
    ] as const) {
      await loadOrders(shop.pool, { sku: SKU, closed: 0, open });
      await buy(shop);
    }
    const runs: Record<'ours' | 'baseline', Measured[]> = { ours: [], baseline: [] };
    for (let round = 0; round < ROUNDS; round++) {
      runs.ours.push(await buy(many));
      runs.baseline.push(await buy(few));
    }
    const turns = await reconcilerTurns(many.pool, env);
    await Promise.all([few, many].map(({ pool }) => audited(pool)));
    const p99 = (of: readonly Measured[]) => of.map(({ details }) => ({ value: details?.['p99 ms'] ?? Number.NaN }));
    const name = `open: ${MANY.toLocaleString('en-US')} open orders`;
    const latency = { unit: 'ms', better: 'smaller', goal: 0.9 } as const;
    return [
      figureOf({ name: `${name}, p50 of ${RATE} checkouts/s, compared with 1,000`, ...latency }, runs),
      figureOf(
        { name: `${name}, p99 of ${RATE} checkouts/s, compared with 1,000`, ...latency },
        { ours: p99(runs.ours), baseline: p99(runs.baseline) },
      ),
      figureOf(
        { name: `${name}, a turn of the reconciler, compared with a second`, unit: 'ms', better: 'smaller', goal: 1 },
        { ours: turns, baseline: turns.map(() => ({ value: TURN_LIMIT_MS })) },
      ),
    ];
  } finally {
    await Promise.all([load.stop(), few.close(), many.close()]);
  }
}

/**
 * The reconciler asks Temporal for each order, and is answered that each workflow runs: these orders have rows only.
 */
async function reconcilerTurns(
  pool: Parameters<typeof ordersInTime>[0],
  env: NodeJS.ProcessEnv,
): Promise<readonly Measured[]> {
  const client = createClient({ address: env['TEST_TEMPORAL_ADDRESS'] ?? '', namespace: 'default' });
  const known = createKnownWorkflows(client, { taskQueue: 'bench-open' });
  let asked = 0;
  const unexpected = async (): Promise<never> => {
    throw new Error('each workflow runs');
  };
  const reconcile = createReconciler({
    orders: {
      inTime: (options) => ordersInTime(pool, options),
      closeEnded: (orderIds) => closeEnded(pool, orderIds),
      isPlaced: (orderId) => isPlaced(pool, orderId),
    },
    workflows: {
      async runningAmong(orderIds) {
        asked += orderIds.length;
        await known.runningAmong(orderIds);
        return new Set(orderIds);
      },
      lastRun: known.lastRun,
      startOrder: unexpected,
      startOrderAnew: unexpected,
    },
    waiting: async () => 0,
    minAgeMs: 15_000,
    turnMs: 500,
    now: Date.now,
    log: createTestLog(),
  });
  try {
    const turns: Measured[] = [];
    for (let turn = 0; turn < 10; turn++) {
      asked = 0;
      turns.push({ value: await timed(() => reconcile()), details: { 'orders asked in a turn': asked } });
    }
    return turns;
  } finally {
    await client.connection.close();
  }
}
