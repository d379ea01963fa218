import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../src/db/driver/pool.js';
import { startCheckouts } from './checkout-system.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Sample } from './harness/figure.js';
import { forked } from './harness/forked.js';
import { expectOnly, type LoadOptions, startHttpLoad } from './harness/http-load.js';

const CHECKOUTS = Number(process.env['BURST'] ?? 10_000);
const CONNECTIONS = 512;
/** The claim that a queue takes 10,000 checkouts a second, on a machine whose Express answers 25,000 requests. */
const CLAIM = { accepted: 10_000, express: 25_000 };
/** Often during the burst, and seldom while the orders are recorded, which takes minutes. */
const SAMPLE_MS = { first: 250, later: 2_000 };
const FIRST = 80;
const SKU = 'burst';

/**
 * A burst of checkouts as fast as they are taken, while bridge and worker are stopped; then both start, and record each
 * order. Ends with the audit of the database, the broker and Temporal.
 */
export async function burst({ pids }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const shop = await startCheckouts([SKU]);
  const express = await forked(new URL('baselines/express/server.js', import.meta.url), []);
  const requests = {
    module: new URL('checkout-requests.js', import.meta.url).href,
    name: 'checkoutRequests',
    options: { skus: [SKU], lines: 1 },
  };
  const send = (url: string, count: number) =>
    load.run({ url, connections: CONNECTIONS, requests, amount: { count } } satisfies LoadOptions);
  try {
    await send(String(express.ready), CHECKOUTS / 2);
    const answered = await send(String(express.ready), CHECKOUTS);
    // The first checkouts compile the code.
    const warm = await send(shop.url, CHECKOUTS / 5);
    shop.count(warm);
    await shop.published();

    const servers = { API: shop.pids()['api'] ?? 0, MySQL: pids['mysql'] ?? 0, RabbitMQ: pids['rabbitmq'] ?? 0 };
    const sampling = startSampling(shop.pool);
    const { result, cpu } = await withCpu(
      servers,
      () => send(shop.url, CHECKOUTS),
      ({ count }) => count,
    );
    expectOnly(201, result);
    shop.count(result);
    const drainedFrom = performance.now();
    await Promise.all([shop.start('bridge'), shop.start('worker')]);
    const samples = await sampling.untilRecorded(warm.count + result.count);
    const drain = ((warm.count + result.count) * 1_000) / (performance.now() - drainedFrom);

    await shop.auditDatabase();
    const { findings } = await shop.audit();
    if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings.slice(0, 3))}`);

    const { p50, p99, max } = result.latency;
    const details = { 'p50 ms': p50, 'p99 ms': p99, 'max ms': max, ...cpu, 'recorded orders/s': drain };
    const claimed = (CLAIM.accepted * answered.perSecond) / CLAIM.express;
    const comparison = { name: `burst: ${CHECKOUTS.toLocaleString('en-US')} checkouts`, unit: 'checkouts/s', goal: 1 };
    const figure = figureOf(
      { ...comparison, better: 'larger' },
      {
        ours: [{ value: result.perSecond, details }],
        baseline: [{ value: claimed, details: { 'Express requests/s': answered.perSecond } }],
      },
    );
    return [{ ...figure, samples }];
  } finally {
    await Promise.all([load.stop(), express.stop(), shop.close()]);
  }
}

/** `queued`: accepted, and not recorded yet. */
function startSampling(pool: Pool) {
  const start = performance.now();
  const samples: Sample[] = [];
  let expected = Number.POSITIVE_INFINITY;
  const sampled = async (): Promise<Sample[]> => {
    for (;;) {
      const [[row]] = await pool.query<(RowDataPacket & { accepted: number; recorded: number })[]>(
        'SELECT (SELECT COUNT(*) FROM checkouts) AS accepted, (SELECT COUNT(*) FROM orders) AS recorded',
      );
      const { accepted = 0, recorded = 0 } = row ?? {};
      samples.push({ seconds: (performance.now() - start) / 1_000, accepted, queued: accepted - recorded, recorded });
      if (recorded >= expected) return samples;
      await sleep(samples.length < FIRST ? SAMPLE_MS.first : SAMPLE_MS.later);
    }
  };
  const sampling = sampled();
  return {
    untilRecorded(count: number): Promise<readonly Sample[]> {
      expected = count;
      return sampling;
    },
  };
}
