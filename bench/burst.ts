import { connect } from 'amqplib';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../src/db/driver/pool.js';
import { startSampling } from './burst/sampling.js';
import { startCheckouts } from './checkout-system.js';
import { auditedWhole } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured, Sample } from './harness/figure.js';
import { forked } from './harness/forked.js';
import { expectOnly, type HttpLoad, type LoadOptions, startHttpLoad } from './harness/http-load.js';
import { type Unpaid, webhookOf } from './pay/webhooks.js';

const ROUNDS = 3;
const CHECKOUTS = Number(process.env['BURST'] ?? 10_000);
const CONNECTIONS = 512;
/** One order of so many is paid: Temporal needs some 20 minutes for 10,000 orders that live to their end. */
const PAID_OF = 10;
/** The claim that a queue takes 10,000 checkouts a second, on a machine whose Express answers 25,000 requests. */
const CLAIM = { accepted: 10_000, express: 25_000 };
const SKU = 'burst';
const requests = {
  module: new URL('checkout-requests.js', import.meta.url).href,
  name: 'checkoutRequests',
  options: { skus: [SKU], lines: 1 },
};

type Shop = Awaited<ReturnType<typeof startCheckouts>>;

/**
 * A burst of checkouts as fast as they are taken, while bridge and worker are stopped. Each round has a shop of its own,
 * and takes turns with Express. After the last round both processes start, some of the orders are paid, and all messages
 * are handled. Ends with the audit of the database, the broker and Temporal.
 */
export async function burst({ pids }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const express = await forked(new URL('baselines/express/server.js', import.meta.url), []);
  const runs: { ours: Measured[]; baseline: Measured[] } = { ours: [], baseline: [] };
  let samples: readonly Sample[] = [];
  try {
    const url = String(express.ready);
    await send(load, url, CHECKOUTS / 2);
    for (let round = 0; round < ROUNDS; round++) {
      const shop = await startCheckouts([SKU]);
      try {
        // The first checkouts compile the code.
        shop.count(await send(load, shop.url, CHECKOUTS / 5));
        await shop.published();
        const sampling = startSampling(shop, await connect(shop.amqpUrl));
        const sides = {
          ours: () => accept(load, shop, pids),
          baseline: async () => claimed((await send(load, url, CHECKOUTS)).perSecond),
        };
        for (const side of round % 2 === 0 ? (['ours', 'baseline'] as const) : (['baseline', 'ours'] as const)) {
          runs[side].push(await sides[side]());
        }
        if (round === ROUNDS - 1) {
          await Promise.all([shop.start('bridge'), shop.start('worker')]);
          await paySome(load, shop);
          await sampling.untilHandled();
          await auditedWhole(shop);
        }
        samples = await sampling.stop();
        await shop.auditDatabase();
      } finally {
        await shop.close();
      }
    }
    const name = `burst: ${CHECKOUTS.toLocaleString('en-US')} checkouts`;
    return [{ ...figureOf({ name, unit: 'checkouts/s', better: 'larger', goal: 1 }, runs), samples }];
  } finally {
    await Promise.all([load.stop(), express.stop()]);
  }
}

const send = (load: HttpLoad, url: string, count: number) =>
  load.run({ url, connections: CONNECTIONS, requests, amount: { count } } satisfies LoadOptions);

async function accept(load: HttpLoad, shop: Shop, pids: Bench['pids']): Promise<Measured> {
  const servers = { API: shop.pids()['api'] ?? 0, MySQL: pids['mysql'] ?? 0, RabbitMQ: pids['rabbitmq'] ?? 0 };
  const { result, cpu } = await withCpu(
    servers,
    () => send(load, shop.url, CHECKOUTS),
    ({ count }) => count,
  );
  expectOnly(201, result);
  shop.count(result);
  const { p50, p99, max } = result.latency;
  return { value: result.perSecond, details: { 'p50 ms': p50, 'p99 ms': p99, 'max ms': max, ...cpu } };
}

const claimed = (perSecond: number): Measured => ({
  value: (CLAIM.accepted * perSecond) / CLAIM.express,
  details: { 'Express requests/s': perSecond },
});

/** Sends webhooks. The database decides at once, while most messages still wait in the queue. */
async function paySome(load: HttpLoad, { pool, url }: { readonly pool: Pool; readonly url: string }): Promise<void> {
  const [placed] = await pool.query<(RowDataPacket & Unpaid)[]>(
    'SELECT order_id AS orderId, amount, currency FROM checkouts',
  );
  const webhooks = placed.filter((_, index) => index % PAID_OF === 0).map(webhookOf);
  expectOnly(204, await load.run({ url, connections: 64, requests: webhooks, amount: { count: webhooks.length } }));
}
