import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../src/cli/story/until.js';
import { settleOrder } from '../src/db/orders/settlement.js';
import { inParallel } from '../src/domain/in-parallel.js';
import { product, type System, startSystem } from '../test/helpers/system.js';
import { type ExpiringOrders, openAmong, placeExpiring, releaseTimes } from './expire/expiring-orders.js';
import { audited } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Details, Figure, Measured } from './harness/figure.js';
import { expectOnly, type HttpLoad, type LoadResult, startHttpLoad } from './harness/http-load.js';
import { untilRecorded } from './order/recorded.js';

const ROUNDS = 3;
const ORDERS = 10_000;
/**
 * So many of the orders have a workflow with a timer. Starting 10,000 workflows takes minutes. Temporal and the worker
 * end some thirty orders a second, so they are as busy with these until long after the last order is released.
 */
const WITH_WORKFLOW = 1_000;
/** Enough for the starts of the workflows and for the quiet phase. */
const LEAD_MS = 60_000;
const PHASE_SECONDS = 10;
/** Without it the quiet phase would count the first requests of a new process. */
const WARM_UP_SECONDS = 5;
const BUYERS_A_SECOND = 200;
const SKU = 'hot';

interface Round {
  readonly ours: Measured;
  readonly baseline: Measured;
  readonly quiet: Measured;
  readonly expiring: Measured;
}

/**
 * Orders of one SKU that expire in the same second while buyers go on: how long past the deadline their stock is
 * released, compared with a transaction for each order, and how long the buyers wait, compared with a quiet time just
 * before. The whole system runs. Each round has a system of its own and ends with the audit.
 */
export async function expire({ pids }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const rounds: Round[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) rounds.push(await withSystem(load, pids));
  } finally {
    await load.stop();
  }
  const ours = rounds.map((round) => round.ours);
  const second = ours.map((): Measured => ({ value: 1_000 }));
  const released = `expire: ${ORDERS.toLocaleString('en-US')} orders of one SKU released, p99`;
  const smaller = { unit: 'ms past the deadline', better: 'smaller' } as const;
  return [
    figureOf({ name: released, ...smaller }, { ours, baseline: rounds.map(({ baseline }) => baseline) }),
    figureOf({ name: `${released}, compared with a second`, ...smaller, goal: 1 }, { ours, baseline: second }),
    figureOf(
      { name: 'expire: buyers meanwhile, p99, compared with a quiet time', unit: 'ms', better: 'smaller', goal: 0.5 },
      { ours: rounds.map(({ expiring }) => expiring), baseline: rounds.map(({ quiet }) => quiet) },
    ),
  ];
}

async function withSystem(load: HttpLoad, pids: Readonly<Record<string, number>>): Promise<Round> {
  // Orders without a workflow are part of this benchmark, so the reconciler starts none for them.
  const system = await startSystem([product(SKU, 1_000_000)], { LOG_LEVEL: 'warn', RECONCILE_AFTER: '1 day' });
  const { pool } = system;
  const buy = (seconds = PHASE_SECONDS): Promise<LoadResult> => buyers(load, system, seconds);
  try {
    await system.stop('bridge');
    const orders = await placeExpiring(pool, { sku: SKU, count: ORDERS, unpublished: WITH_WORKFLOW, leadMs: LEAD_MS });
    await system.start('bridge');
    await untilRecorded(pool);
    await buy(WARM_UP_SECONDS);
    const quiet = await buy();
    if (Date.now() > orders.deadline.getTime() - 1_500) throw new Error('the workflows did not start in time');
    const { expiring, cpu } = await expireWith(system, orders, { buy, pids, end: async () => undefined });
    const ours = await released(system, orders);

    // From here on the bridge starts no workflow and ends no order: the baseline has more of the machine.
    await system.stop('bridge');
    const others = await placeExpiring(pool, { sku: SKU, count: ORDERS, unpublished: 0, leadMs: 2_000 });
    const end = () => inParallel(others.orderIds, 2, (orderId) => settleOrder(pool, orderId, { kind: 'expired' }));
    const { expiring: buyersOfBaseline } = await expireWith(system, others, { buy, pids, end });
    const baseline = await released(system, others);
    await audited(pool);
    return {
      ours: { ...ours, details: { ...ours.details, ...cpu } },
      baseline: { ...baseline, details: { ...baseline.details, "buyers' p99 ms": buyersOfBaseline.latency.p99 } },
      quiet: latencies(quiet),
      expiring: latencies(expiring),
    };
  } finally {
    await system.close();
  }
}

/** The buyers begin a second before the deadline. */
async function expireWith(
  system: System,
  { deadline }: ExpiringOrders,
  options: {
    readonly buy: () => Promise<LoadResult>;
    readonly pids: Readonly<Record<string, number>>;
    readonly end: () => Promise<unknown>;
  },
): Promise<{ readonly expiring: LoadResult; readonly cpu: Details }> {
  await sleep(deadline.getTime() - 1_000 - Date.now());
  const { result, cpu } = await withCpu(
    { ...options.pids, ...system.pids() },
    () => Promise.all([options.buy(), sleep(deadline.getTime() - Date.now()).then(options.end)]),
    () => 1,
  );
  return { expiring: result[0], cpu };
}

async function released({ pool }: System, orders: ExpiringOrders): Promise<Measured> {
  await until(
    'the expired orders to end',
    () => openAmong(pool, orders),
    (open) => open === 0,
  );
  const { p50, p99, max } = await releaseTimes(pool, orders);
  return { value: p99, details: { 'p50 ms': p50, 'max ms': max } };
}

async function buyers(load: HttpLoad, { shopUrl }: System, seconds: number): Promise<LoadResult> {
  const result = await load.run({
    url: shopUrl,
    connections: 64,
    requests: {
      module: new URL('checkout-requests.js', import.meta.url).href,
      name: 'checkoutRequests',
      options: { skus: [SKU], lines: 1 },
    },
    amount: { seconds },
    rate: BUYERS_A_SECOND,
  });
  expectOnly(201, result);
  return result;
}

const latencies = ({ latency, perSecond }: LoadResult): Measured => ({
  value: latency.p99,
  details: { 'p50 ms': latency.p50, 'max ms': latency.max, 'checkouts/s': perSecond },
});
