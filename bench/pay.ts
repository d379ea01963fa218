import { setTimeout as sleep } from 'node:timers/promises';
import { startSystem } from '../test/helpers/system.js';
import { audited } from './harness/audited.js';
import { compare, figureOf } from './harness/compare.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { startHttpLoad } from './harness/http-load.js';
import { startPaidInWorkflow } from './pay/in-workflow.js';
import { createWebhooks } from './pay/webhooks.js';
import { addStock, placeOrders } from './place-orders.js';

const ROUNDS = 3;
const [OURS, IN_WORKFLOW] = [3_000, 100];
const BACKLOG = 50_000;
/** What a customer who has paid does not notice. */
const GOAL_MS = 100;

/**
 * Webhooks of payments over HTTP, from 64 connections, until the order is paid, which the answer says. Compared with the
 * earlier way, in which the order's workflow decides. Then at half of that load: the time of an answer with nothing to
 * do for Temporal, with Temporal stopped, and with a backlog of orders before Temporal.
 */
export async function pay(bench: Bench): Promise<Figure[]> {
  const inWorkflow = await startPaidInWorkflow(bench);
  const load = startHttpLoad();
  const system = await startSystem([], { LOG_LEVEL: 'info' });
  const { pool } = system;
  const temporal = bench.pids['temporal'] ?? 0;
  const webhooks = createWebhooks({
    pool,
    url: system.shopUrl,
    load,
    pids: () => ({ API: system.pids()['api'] ?? 0, ...bench.pids }),
  });
  try {
    await Promise.all([system.stop('bridge'), system.stop('worker')]);
    const figures: Figure[] = [];
    let skus: string[] = [];
    for (const count of [1_000, 1]) {
      skus = await addStock(pool, `pay-${count}`, count);
      figures.push(
        await compare(
          {
            name: `pay: ${count.toLocaleString('en-US')} ${count === 1 ? 'SKU' : 'SKUs'}`,
            unit: 'payments/s',
            better: 'larger',
            rounds: ROUNDS,
            goal: 100,
          },
          { ours: () => webhooks.measure(skus, OURS), baseline: () => inWorkflow.measure(count, IN_WORKFLOW) },
        ),
      );
    }

    const rate = (figures.at(-1)?.ours ?? 0) / 2;
    const atHalfLoad = async (state: string): Promise<Figure> => {
      const runs: Measured[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { details = {} } = await webhooks.measure(skus, Math.ceil(rate * 2), rate);
        runs.push({ value: details['p99 ms'] ?? Number.NaN, details: { 'payments/s': rate, ...details } });
      }
      return figureOf(
        { name: `pay: p99 at half load, ${state}`, unit: 'ms', better: 'smaller', goal: 1 },
        { ours: runs, baseline: runs.map(() => ({ value: GOAL_MS })) },
      );
    };
    figures.push(await atHalfLoad('bridge and worker at rest'));
    process.kill(temporal, 'SIGSTOP');
    figures.push(await atHalfLoad('Temporal stopped'));
    process.kill(temporal, 'SIGCONT');

    await placeOrders(pool, skus, BACKLOG);
    await Promise.all([system.start('bridge'), system.start('worker')]);
    // The relay's sweep publishes rows that are older than some seconds.
    await sleep(8_000);
    figures.push(await atHalfLoad(`${BACKLOG.toLocaleString('en-US')} orders wait for Temporal`));
    await Promise.all([inWorkflow.audit(), audited(pool)]);
    return figures;
  } finally {
    process.kill(temporal, 'SIGCONT');
    await inWorkflow.stop();
    await load.stop();
    await system.close();
  }
}
