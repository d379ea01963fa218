import type { Client } from '@temporalio/client';
import { until } from '../src/cli/story/until.js';
import { createClient } from '../src/temporal/client.js';
import { product, startSystem } from '../test/helpers/system.js';
import { orderWorkflowId } from '../workflows/contract.js';
import { audited, auditedWhole } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { timed } from './harness/timing.js';
import { createFloor } from './order/floor.js';
import { createShopWay, SKU } from './order/shop.js';
import { startTextbook } from './order/textbook.js';
import type { End, Way } from './order/way.js';

/** With the rounds that do not count, 2,000 orders of each way. */
const [ROUNDS, ORDERS] = [3, Number(process.env['ORDERS'] ?? 250)];

/**
 * Whole orders over HTTP, from the checkout until their workflows are closed, compared with the least that a workflow can
 * be, and with the shop of a textbook. CPU is that of Temporal and of the worker.
 */
export async function order({ env, pids }: Bench): Promise<Figure[]> {
  const temporal = createClient({ address: env['TEST_TEMPORAL_ADDRESS'] ?? '', namespace: 'default' });
  const system = await startSystem([product(SKU, 1_000_000)], { LOG_LEVEL: 'warn' });
  const ours = createShopWay({
    ...system,
    url: system.shopUrl,
    worker: system.pids()['worker'] ?? 0,
    workflowIdOf: orderWorkflowId,
  });
  const floor = await createFloor(temporal, env);
  const textbook = await startTextbook(env);
  try {
    const figures: Figure[] = [];
    for (const end of ['paid', 'canceled'] as const) {
      const runs: Record<'ours' | 'floor' | 'textbook', Measured[]> = { ours: [], floor: [], textbook: [] };
      for (let round = -1; round < ROUNDS; round++) {
        const ways = Object.entries({ ours, floor: floor.way, textbook: textbook.way }) as [keyof typeof runs, Way][];
        for (const [name, way] of round % 2 === 0 ? ways : ways.toReversed()) {
          const measured = await life(temporal, way, end, pids['temporal'] ?? 0);
          if (round >= 0) runs[name].push(measured);
        }
      }
      figures.push(
        figureOf(
          {
            name: `order: ${end}, CPU compared with a workflow that only waits`,
            unit: 'ms CPU',
            better: 'smaller',
            goal: 1 / 1.25,
          },
          { ours: byCpu(runs.ours), baseline: byCpu(runs.floor) },
        ),
        figureOf(
          { name: `order: ${end}, compared with the textbook`, unit: 'orders/s', better: 'larger', goal: 3 },
          { ours: runs.ours, baseline: runs.textbook },
        ),
      );
    }
    await Promise.all([auditedWhole(system), audited(textbook.pool)]);
    return figures;
  } finally {
    await Promise.all([floor.close(), textbook.close(), system.close(), temporal.connection.close()]);
  }
}

async function life(client: Client, way: Way, end: End, temporal: number): Promise<Measured> {
  const processes = { worker: way.worker, temporal };
  let placed: string[] = [];
  const { result: tookMs, cpu } = await withCpu(
    processes,
    () =>
      timed(async () => {
        placed = await way.place(ORDERS);
        await way.end(end);
        await untilClosed(client, way.taskQueue);
      }),
    () => ORDERS,
  );
  const [last = ''] = placed;
  const { historyLength, raw } = await client.workflow.getHandle(last).describe();
  const bytes = Number(raw.workflowExecutionInfo?.historySizeBytes);
  return { value: (ORDERS * 1_000) / tookMs, details: { ...cpu, events: historyLength, bytes } };
}

const untilClosed = (client: Client, taskQueue: string) =>
  until(
    `the ends of the workflows of ${taskQueue}`,
    () => client.workflow.count(`TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`),
    ({ count }) => count === 0,
  );

const byCpu = (runs: readonly Measured[]): Measured[] =>
  runs.map(({ details = {} }) => ({
    value: (details['CPU worker, ms'] ?? Number.NaN) + (details['CPU temporal, ms'] ?? Number.NaN),
    details,
  }));
