import type { RowDataPacket } from 'mysql2/promise';
import { until } from '../../src/cli/story/until.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { product, startSystem } from '../../test/helpers/system.js';
import { auditedWhole } from '../harness/audited.js';
import { figureOf } from '../harness/compare.js';
import type { Figure, Measured } from '../harness/figure.js';
import { expectOnly, startHttpLoad } from '../harness/http-load.js';
import { memoryOf } from '../harness/memory.js';
import { quantile } from '../harness/timing.js';
import { untilRecorded } from '../order/recorded.js';

const SKU = 'open';
/**
 * The worker keeps 600 workflows in its cache, and its garbage collector takes back the others late: the memory is level
 * from some 1,400 workflows on.
 */
const [FEW, BEYOND_CACHE, MANY] = [200, 1_400, 2_000];
const WINDOW_S = 6;
/** Orders with a short window, at a rate at which Temporal ends them. */
const [EXPIRING, RATE] = [100, 20];
const SKEW_LIMIT_MS = 1_000;

/** Real workflows on the whole system: the worker's memory, and how late deadlines are. */
export async function openWorkflows(): Promise<Figure[]> {
  const load = startHttpLoad();
  const system = await startSystem(
    [product(SKU, 1_000_000)],
    { LOG_LEVEL: 'info' },
    { shortWindow: `${WINDOW_S} seconds` },
  );
  const module = new URL('../checkout-requests.js', import.meta.url).href;
  const requests = { module, name: 'checkoutRequests', options: { skus: [SKU], lines: 1 } };
  const worker = system.pids()['worker'] ?? 0;
  let open = 0;

  async function openUntil(count: number): Promise<void> {
    expectOnly(
      201,
      await load.run({ url: system.shopUrl, connections: 32, requests, amount: { count: count - open } }),
    );
    open = count;
    await untilRecorded(system.pool);
  }

  async function skew(): Promise<{ readonly p50: number; readonly p99: number; readonly max: number }> {
    const from = new Date();
    const amount = { count: EXPIRING };
    expectOnly(201, await load.run({ url: system.shortWindowUrl, connections: 8, rate: RATE, requests, amount }));
    const late = await until(
      'the ends of the orders',
      () => lateOf(system.pool, from),
      ({ length }) => length >= EXPIRING,
    );
    return { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max: quantile(late, 1) };
  }

  try {
    await openUntil(FEW);
    const [few, fewMemory] = [await skew(), memoryOf(worker)];
    await openUntil(BEYOND_CACHE);
    const memory: Measured[] = [{ value: memoryOf(worker) }];
    await openUntil(MANY);
    const many = await skew();
    const manyMemory: Measured = {
      value: memoryOf(worker),
      details: {
        [`MB with ${FEW} workflows`]: fewMemory,
        [`MB with ${BEYOND_CACHE} workflows`]: memory[0]?.value ?? 0,
      },
    };
    await auditedWhole(system);
    const name = `open: ${MANY.toLocaleString('en-US')} workflows`;
    const late = {
      'p50 ms': many.p50,
      'max ms': many.max,
      [`p50 ms with ${FEW} workflows`]: few.p50,
      [`p99 ms with ${FEW} workflows`]: few.p99,
    };
    return [
      figureOf(
        {
          name: `${name}, p99 past the deadline of others, compared with a second`,
          unit: 'ms',
          better: 'smaller',
          goal: 1,
        },
        { ours: [{ value: many.p99, details: late }], baseline: [{ value: SKEW_LIMIT_MS }] },
      ),
      figureOf(
        {
          name: `${name}, memory of the worker, compared with ${BEYOND_CACHE.toLocaleString('en-US')}`,
          unit: 'MB',
          better: 'smaller',
          goal: 0.9,
        },
        { ours: [manyMemory], baseline: memory },
      ),
    ];
  } finally {
    await Promise.all([load.stop(), system.close()]);
  }
}

/** Milliseconds from the deadline to the end of each order that has expired since `from`. */
async function lateOf(pool: Pool, from: Date): Promise<number[]> {
  const [rows] = await pool.query<(RowDataPacket & { ms: number })[]>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, expires_at, settled_at) / 1000 AS ms FROM orders
     WHERE created_at >= ? AND cancel_reason = 'payment-window-expired'`,
    [from],
  );
  return rows.map(({ ms }) => Number(ms));
}
