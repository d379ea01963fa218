import mysql, { type RowDataPacket } from 'mysql2/promise';
import { createCheckouts } from '../src/db/checkouts/checkouts.js';
import { createPool } from '../src/db/driver/pool.js';
import { migrate } from '../src/db/migrate.js';
import { addProducts } from '../src/db/products.js';
import type { CheckoutRequest } from '../src/domain/checkout.js';
import { inParallel } from '../src/domain/in-parallel.js';
import { WINDOW_MS } from '../test/helpers/database.js';
import { reserveAlone } from './baselines/one-by-one/reserve.js';
import { audited } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { type Forked, forked } from './harness/forked.js';
import { countHeld } from './harness/held.js';
import { expectOnly, type HttpLoad, startHttpLoad } from './harness/http-load.js';
import { perSecond, quantile, timed } from './harness/timing.js';
import { prepareEnds } from './hot-sku/ends.js';
import { requestsFor } from './place-orders.js';

const ROUNDS = 3;
const BASELINE = 1_000;
/** As many connections as an API has, and of the baseline. */
const [CONNECTIONS, BASELINE_CONNECTIONS] = [10, 32];
const BUYERS = [
  { buyers: 64, requests: 6_000 },
  { buyers: 512, requests: 15_000 },
] as const;
const SITUATIONS = ['in stock', 'sells out', 'others are paid and expire'] as const;
/** The best published figure for one row, where the machine answers so many requests of Express. */
const [PUBLISHED, EXPRESS] = [31_000, 25_000];
const HELD_LIMIT_MS = 0.1;

type Situation = (typeof SITUATIONS)[number];
type Reserve = (request: CheckoutRequest) => Promise<boolean>;

/**
 * Buyers of one SKU at the function that the checkout route calls, compared with a transaction for each request on 32
 * connections. No run may oversell. Ends with the audit.
 */
export async function hotSku({ env, pids }: Bench): Promise<Figure[]> {
  const url = env['TEST_MYSQL_URL'] ?? '';
  const pool = createPool({ url, size: CONNECTIONS, timeLimitMs: 120_000 });
  const others = createPool({ url, size: CONNECTIONS, timeLimitMs: 120_000 });
  const alone = mysql.createPool({
    uri: url,
    connectionLimit: BASELINE_CONNECTIONS,
    maxIdle: BASELINE_CONNECTIONS,
    timezone: 'Z',
  });
  const heldMs = { ours: countHeld(pool), baseline: countHeld(alone) };
  const { checkout } = createCheckouts(pool, { windowMs: WINDOW_MS, waiting: 10_000 });
  const ways: Record<'ours' | 'baseline', Reserve> = {
    ours: async (request) => (await checkout(request)).kind === 'reserved',
    baseline: (request) => reserveAlone(alone, request),
  };
  const processes = { buyers: process.pid, MySQL: pids['mysql'] ?? 0 };
  let runs = 0;

  async function run(way: 'ours' | 'baseline', situation: Situation, buyers: number, count: number): Promise<Measured> {
    const sku = `hot-${++runs}`;
    const stock = situation === 'sells out' ? count / 2 : 1_000_000;
    await addProducts(others, [{ sku, name: sku, unitPrice: 1250, currency: 'EUR', stock }]);
    const ends = situation === 'others are paid and expire' ? await prepareEnds(others, sku) : undefined;
    const requests = requestsFor([sku], count);
    const waits: number[] = [];
    let reserved = 0;
    const held = heldMs[way]();
    const under = ends?.start();
    const { result: value, cpu } = await withCpu(
      processes,
      () =>
        perSecond(count, () =>
          inParallel(requests, buyers, async (request) => {
            waits.push(
              await timed(async () => {
                const isReserved = await ways[way](request);
                if (isReserved) reserved++;
              }),
            );
          }),
        ),
      () => count,
    );
    const connectionMs = (heldMs[way]() - held) / count;
    await under?.stop();
    if (reserved !== Math.min(count, stock)) throw new Error(`${reserved} of ${stock} units were sold to ${count}`);
    if (situation === 'sells out') await expectSoldOut(sku);
    const details = { 'p50 ms': quantile(waits, 0.5), 'p99 ms': quantile(waits, 0.99), [HELD]: connectionMs, ...cpu };
    return { value, details };
  }

  async function expectSoldOut(sku: string): Promise<void> {
    const [rows] = await others.query<RowDataPacket[]>('SELECT available FROM products WHERE sku = ?', [sku]);
    if (Number(rows[0]?.['available']) !== 0) throw new Error(`oversold: ${JSON.stringify(rows)}`);
  }

  const load = startHttpLoad();
  const express = await forked(new URL('baselines/express/server.js', import.meta.url), []);
  try {
    await migrate(pool);
    const figures: Figure[] = [];
    for (const situation of SITUATIONS) {
      for (const { buyers, requests } of BUYERS) {
        const all: Record<'ours' | 'baseline' | 'express', Measured[]> = { ours: [], baseline: [], express: [] };
        const beside = situation === 'in stock' ? { express: () => expressRate(load, express, buyers) } : {};
        const sides = {
          ours: () => run('ours', situation, buyers, requests),
          baseline: () => run('baseline', situation, buyers, BASELINE),
          ...beside,
        };
        for (let round = -1; round < ROUNDS; round++) {
          for (const [side, work] of Object.entries(sides) as [keyof typeof all, () => Promise<Measured>][]) {
            const measured = await work();
            if (round >= 0) all[side].push(measured);
          }
        }
        figures.push(...figuresOf(`hot-sku: ${buyers} buyers, ${situation}`, all));
      }
    }
    await audited(pool);
    return figures;
  } finally {
    await Promise.all([load.stop(), express.stop(), pool.end(), others.end(), alone.end()]);
  }
}

const HELD = 'connection held, ms';

function figuresOf(name: string, { ours, baseline, express }: Record<'ours' | 'baseline' | 'express', Measured[]>) {
  const by = (runs: readonly Measured[], detail: string) =>
    runs.map(({ details }) => ({ value: details?.[detail] ?? Number.NaN }));
  const cpu = (runs: readonly Measured[]) =>
    runs.map(({ details }) => ({
      value: (details?.['CPU buyers, ms'] ?? Number.NaN) + (details?.['CPU MySQL, ms'] ?? Number.NaN),
    }));
  const limit = ours.map(() => ({ value: HELD_LIMIT_MS }));
  return [
    figureOf({ name, unit: 'checkouts/s', better: 'larger', goal: 25 }, { ours, baseline }),
    figureOf({ name: `${name}: CPU`, unit: 'ms', better: 'smaller' }, { ours: cpu(ours), baseline: cpu(baseline) }),
    figureOf(
      { name: `${name}: p99`, unit: 'ms', better: 'smaller', goal: 5 },
      { ours: by(ours, 'p99 ms'), baseline: by(baseline, 'p99 ms') },
    ),
    figureOf(
      { name: `${name}: connection held, compared with the goal`, unit: 'ms', better: 'smaller', goal: 1 },
      { ours: by(ours, HELD), baseline: limit },
    ),
    ...(express.length === 0
      ? []
      : [
          figureOf(
            {
              name: `${name}: compared with Express`,
              unit: 'checkouts/s',
              better: 'larger',
              goal: PUBLISHED / EXPRESS,
            },
            { ours, baseline: express },
          ),
        ]),
  ];
}

async function expressRate(load: HttpLoad, express: Forked, connections: number): Promise<Measured> {
  const module = new URL('checkout-requests.js', import.meta.url).href;
  const requests = { module, name: 'checkoutRequests', options: { skus: ['hot'], lines: 1 } };
  const result = await load.run({ url: String(express.ready), connections, requests, amount: { seconds: 1 } });
  expectOnly(201, result);
  return { value: result.perSecond };
}
