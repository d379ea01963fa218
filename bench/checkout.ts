import { createPool } from '../src/db/driver/pool.js';
import { createSynchronousTables } from './baselines/synchronous/checkout.js';
import type { Baskets } from './checkout-requests.js';
import { startCheckouts } from './checkout-system.js';
import { compare, figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { type Forked, forked } from './harness/forked.js';
import { expectOnly, type LoadOptions, type LoadResult, startHttpLoad } from './harness/http-load.js';

const [ROUNDS, SECONDS] = [3, 1.5];
const SKUS = Array.from({ length: 1_000 }, (_, index) => `checkout-${index}`);
const HOT = { skus: SKUS.slice(0, 1), lines: 1 };
const WORK: readonly (readonly [name: string, Baskets])[] = [
  ['1 SKU', HOT],
  ['1,000 SKUs', { skus: SKUS, lines: 1 }],
  ['1,000 SKUs, 20 lines', { skus: SKUS, lines: 20 }],
];
/** Equal for both sides, and within the synchronous shop's reach. */
const SHARE_OF_SYNCHRONOUS = 0.8;

/**
 * Checkouts over HTTP on kept connections, compared with Express that only parses and answers the same JSON, and with a
 * shop that has written the whole order before it answers. Ends with the audit.
 */
export async function checkout({ env, pids }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const shop = await startCheckouts(SKUS);
  const express = await forked(new URL('baselines/express/server.js', import.meta.url), []);
  const synchronous = await startSynchronous(env);
  const api = shop.pids()['api'] ?? 0;
  const servers = { MySQL: pids['mysql'] ?? 0, RabbitMQ: pids['rabbitmq'] ?? 0 };

  async function ours(options: Work): Promise<Measured> {
    return await measured({ API: api, ...servers }, async () => {
      const result = await load.run(loadOf(shop.url, options));
      shop.count(result);
      await shop.published();
      return result;
    });
  }
  const baseline = (of: Forked) => (options: Work) =>
    measured({ API: of.pid, ...servers }, () => load.run(loadOf(String(of.ready), options)));

  async function besideExpress(name: string, work: Work): Promise<Figure[]> {
    const sides = recorded({ ours: () => ours(work), baseline: () => baseline(express)(work) });
    const compared = { unit: 'checkouts/s', better: 'larger', rounds: ROUNDS, goal: 0.5 } as const;
    const figure = await compare({ name: `checkout: ${name}, compared with Express`, ...compared }, sides);
    const cpu = { name: `checkout: ${name}, CPU of the API`, unit: 'ms', better: 'smaller', goal: 0.5 } as const;
    return [figure, figureOf(cpu, sides.runs('CPU API, ms'))];
  }

  async function besideSynchronous(connections: number): Promise<Figure[]> {
    const name = `checkout: 1 SKU, ${connections} connections`;
    const work = { connections, baskets: HOT };
    const taken = await compare(
      { name: `${name}, compared with synchronous`, unit: 'checkouts/s', better: 'larger', rounds: ROUNDS, goal: 13 },
      { ours: () => ours(work), baseline: () => baseline(synchronous)(work) },
    );
    const rate = Math.round(taken.baseline * SHARE_OF_SYNCHRONOUS);
    const sides = recorded({
      ours: () => ours({ ...work, rate }),
      baseline: () => baseline(synchronous)({ ...work, rate }),
    });
    for (let round = 0; round <= ROUNDS; round++) {
      await sides.ours();
      await sides.baseline();
    }
    const p99 = { name: `${name}, p99 at ${rate} checkouts/s`, unit: 'ms', better: 'smaller', goal: 13 } as const;
    return [taken, figureOf(p99, sides.runs('p99 ms'))];
  }

  try {
    const figures: Figure[] = [];
    for (const connections of [64, 512]) {
      for (const [name, baskets] of WORK) {
        figures.push(...(await besideExpress(`${name}, ${connections} connections`, { connections, baskets })));
      }
      figures.push(...(await besideSynchronous(connections)));
    }
    await shop.auditDatabase();
    return figures;
  } finally {
    await Promise.all([load.stop(), express.stop(), synchronous.stop(), shop.close()]);
  }
}

interface Work {
  readonly connections: number;
  readonly baskets: Baskets;
  readonly rate?: number;
}

function loadOf(url: string, { baskets, ...work }: Work): LoadOptions {
  const module = new URL('checkout-requests.js', import.meta.url).href;
  return {
    url,
    ...work,
    requests: { module, name: 'checkoutRequests', options: baskets },
    amount: { seconds: SECONDS },
  };
}

async function measured(pids: Readonly<Record<string, number>>, run: () => Promise<LoadResult>): Promise<Measured> {
  const { result, cpu } = await withCpu(pids, run, ({ count }) => count);
  expectOnly(201, result);
  const { p50, p99, max } = result.latency;
  return { value: result.perSecond, details: { 'p50 ms': p50, 'p99 ms': p99, 'max ms': max, ...cpu } };
}

/** The same sides, whose runs can give a second figure. The first run of each side does not count. */
function recorded(sides: Record<'ours' | 'baseline', () => Promise<Measured>>) {
  const all: Record<'ours' | 'baseline', Measured[]> = { ours: [], baseline: [] };
  const kept = (side: 'ours' | 'baseline') => async () => {
    const run = await sides[side]();
    all[side].push(run);
    return run;
  };
  const by = (detail: string) => (run: Measured) => ({ value: run.details?.[detail] ?? Number.NaN });
  return {
    ours: kept('ours'),
    baseline: kept('baseline'),
    /** @param detail the figure of each run that is compared */
    runs: (detail: string) => ({
      ours: all.ours.slice(1).map(by(detail)),
      baseline: all.baseline.slice(1).map(by(detail)),
    }),
  };
}

async function startSynchronous(env: NodeJS.ProcessEnv): Promise<Forked> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 1 });
  await createSynchronousTables(pool, SKUS);
  await pool.end();
  return await forked(new URL('baselines/synchronous/server.js', import.meta.url), [], env);
}
