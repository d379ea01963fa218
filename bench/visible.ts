import type { Client } from '@temporalio/client';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../src/db/driver/pool.js';
import { inParallel } from '../src/domain/in-parallel.js';
import { product, startSystem } from '../test/helpers/system.js';
import { orderWorkflowId } from '../workflows/contract.js';
import { auditedWhole } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Details, Figure, Measured } from './harness/figure.js';
import { expectOnly, startHttpLoad } from './harness/http-load.js';
import { median, quantile } from './harness/timing.js';
import { untilRecorded } from './order/recorded.js';

const ROUNDS = 3;
/** So many orders show which rate the system bears. */
const MOST = 300;
const SECONDS = 6;
/** The orders whose histories are read, of each run. */
const SAMPLES = 40;
/** What the legacy service states, for most orders. */
const CLAIM_MS = 100;
const SKU = 'visible';

/**
 * From the checkout to the row in `orders`, on the whole system over HTTP, at half of the rate that the system bears.
 * Ends with the audit.
 */
export async function visible({ pids }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const system = await startSystem([product(SKU, 1_000_000)], { LOG_LEVEL: 'info' });
  const servers = { MySQL: pids['mysql'] ?? 0, RabbitMQ: pids['rabbitmq'] ?? 0, Temporal: pids['temporal'] ?? 0 };
  const module = new URL('checkout-requests.js', import.meta.url).href;
  const requests = { module, name: 'checkoutRequests', options: { skus: [SKU], lines: 1 } };

  async function place(count: number, rate?: number) {
    const since = performance.now();
    const { result, cpu } = await withCpu(
      { ...system.pids(), ...servers },
      async () => {
        const placed = await load.run({
          url: system.shopUrl,
          connections: 64,
          requests,
          amount: { count },
          ...(rate !== undefined && { rate }),
        });
        await untilRecorded(system.pool);
        return placed;
      },
      () => count,
    );
    expectOnly(201, result);
    return { perSecond: (count * 1_000) / (performance.now() - since), cpu };
  }

  async function measured(rate: number): Promise<Measured> {
    const from = new Date();
    const { cpu } = await place(rate * SECONDS, rate);
    const rows = await recordedSince(system.pool, from);
    const waits = rows.map(({ ms }) => ms);
    const [p50, p99, max] = [quantile(waits, 0.5), quantile(waits, 0.99), quantile(waits, 1)];
    const stages = await stagesOf(system.temporal, rows);
    return {
      value: p99,
      details: { 'orders/s': rate, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max, ...stages, ...cpu },
    };
  }

  try {
    await place(MOST);
    const { perSecond } = await place(MOST);
    const rate = Math.max(1, Math.floor(perSecond / 2));
    const runs: Measured[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const run = await measured(rate);
      if (round >= 0) runs.push(run);
    }
    await auditedWhole(system);
    return [
      figureOf(
        {
          name: `visible: p99 at half load, compared with the claim of ${CLAIM_MS} ms`,
          unit: 'ms',
          better: 'smaller',
          goal: 1,
        },
        { ours: runs, baseline: runs.map(() => ({ value: CLAIM_MS })) },
      ),
    ];
  } finally {
    await Promise.all([load.stop(), system.close()]);
  }
}

interface Row {
  readonly orderId: string;
  readonly created: Date;
  readonly ms: number;
}

/**
 * By the database's clock: from the moment that the transaction of the checkout has its locks, a little before the
 * answer, to the insert of the order, a little before its commit.
 */
async function recordedSince(pool: Pool, from: Date): Promise<readonly Row[]> {
  const [rows] = await pool.query<(RowDataPacket & Row)[]>(
    `SELECT order_id AS orderId, created_at AS created,
       CAST(TIMESTAMPDIFF(MICROSECOND, created_at, recorded_at) AS DOUBLE) / 1000 AS ms
     FROM orders WHERE created_at >= ? ORDER BY created_at`,
    [from],
  );
  return rows;
}

/** When the workflow of some orders was started and its first task began, in milliseconds since the checkout: medians. */
async function stagesOf(temporal: Client, rows: readonly Row[]): Promise<Details> {
  const some = rows.filter((_, index) => index % Math.ceil(rows.length / SAMPLES) === 0);
  const times = await inParallel(some, 5, async ({ orderId, created }) => {
    const { events } = await temporal.workflow.getHandle(orderWorkflowId(orderId)).fetchHistory();
    // Started, and its first task scheduled and started.
    return [events?.[0], events?.[2]].map((event) => msOf(event?.eventTime) - created.getTime());
  });
  const nth = (index: number) => median(times.map((of) => of[index] ?? Number.NaN));
  return { 'workflow started after ms': nth(0), 'its first task after ms': nth(1) };
}

const msOf = (time: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds) * 1_000 + (time?.nanos ?? 0) / 1e6;
