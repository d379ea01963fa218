import { type Channel, connect } from 'amqplib';
import type { RowDataPacket } from 'mysql2/promise';
import { ORDER_CREATE_QUEUE } from '../src/amqp/topology.js';
import { until } from '../src/cli/story/until.js';
import type { Pool } from '../src/db/driver/pool.js';
import { startCheckouts } from './checkout-system.js';
import { audited } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { expectOnly, type LoadResult, startHttpLoad } from './harness/http-load.js';
import { loadOrders } from './load-orders.js';

const ROUNDS = 2;
const ROWS = 100_000;
/** Rows in a second. */
const GOAL = 5_000;
/** Checkouts in a second, in pieces of so many seconds. */
const [RATE, SECONDS, QUIET_PIECES] = [200, 2, 4];
const SKU = 'outbox';
/** The p99 of the checkouts may double, as for the buyers of expiring stock. */
const LATENCY_GOAL = 0.5;

/**
 * Rows of the outbox that the broker has never got, and the bridge's sweep that publishes them, while customers check
 * out over HTTP. Temporal is away, so that the messages stay in the queue. Ends with the audit.
 */
export async function outbox({ pids }: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const shop = await startCheckouts([SKU]);
  const connection = await connect(shop.amqpUrl);
  const channel = await connection.createChannel();
  const before = new Date();
  const drains: Measured[] = [];
  const [quiet, during]: [Measured[], Measured[]] = [[], []];

  async function buy(): Promise<LoadResult> {
    const module = new URL('checkout-requests.js', import.meta.url).href;
    const requests = { module, name: 'checkoutRequests', options: { skus: [SKU], lines: 1 } };
    const result = await load.run({
      url: shop.url,
      connections: 64,
      rate: RATE,
      requests,
      amount: { seconds: SECONDS },
    });
    expectOnly(201, result);
    return result;
  }

  async function drain(): Promise<Measured> {
    await shop.start('bridge', { awaited: 'listening', env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
    const processes = { API: shop.pids()['api'] ?? 0, bridge: shop.pids()['bridge'] ?? 0, ...serversOf(pids) };
    let isDrained = false;
    const { cpu } = await withCpu(
      processes,
      async () => {
        const drained = untilDrained(shop.pool, before).then(() => {
          isDrained = true;
        });
        await until(
          'the first messages',
          () => channel.checkQueue(ORDER_CREATE_QUEUE),
          ({ messageCount }) => messageCount > 0,
        );
        while (!isDrained) during.push(latencyOf(await buy()));
        await drained;
      },
      () => ROWS,
    );
    await shop.stop('bridge');
    await expectMessages(channel);
    return { value: await drainedPerSecond(shop.pool, before), details: cpu };
  }

  try {
    await loadOrders(shop.pool, { sku: SKU, closed: 0, open: ROWS, inOutbox: true });
    await buy();
    for (let round = 0; round < ROUNDS; round++) {
      for (let piece = 0; piece < QUIET_PIECES; piece++) quiet.push(latencyOf(await buy()));
      await channel.purgeQueue(ORDER_CREATE_QUEUE);
      drains.push(await drain());
      await shop.pool.query('UPDATE checkouts SET published_at = NULL WHERE created_at < ?', [before]);
    }
    await audited(shop.pool);
    const pairs = { ours: during.slice(0, quiet.length), baseline: quiet.slice(0, during.length) };
    return [
      figureOf(
        { name: 'outbox: drained, compared with the goal', unit: 'rows/s', better: 'larger', goal: 1 },
        { ours: drains, baseline: drains.map(() => ({ value: GOAL })) },
      ),
      figureOf(
        {
          name: `outbox: p99 of ${RATE} checkouts/s meanwhile, compared with a quiet time`,
          unit: 'ms',
          better: 'smaller',
          goal: LATENCY_GOAL,
        },
        pairs,
      ),
    ];
  } finally {
    await connection.close();
    await Promise.all([load.stop(), shop.close()]);
  }
}

const serversOf = (pids: Bench['pids']) => ({ MySQL: pids['mysql'] ?? 0, RabbitMQ: pids['rabbitmq'] ?? 0 });

const latencyOf = ({ latency }: LoadResult): Measured => ({
  value: latency.p99,
  details: { 'p50 ms': latency.p50, 'p99 ms': latency.p99, 'max ms': latency.max },
});

/** Resolves when each row that is older than `before` is marked. */
const untilDrained = (pool: Pool, before: Date): Promise<number> =>
  until(
    'the end of the drain',
    async () => {
      const [rows] = await pool.query<RowDataPacket[]>(
        'SELECT order_id FROM checkouts WHERE published_at IS NULL AND created_at < ? LIMIT 1',
        [before],
      );
      return rows.length;
    },
    (count) => count === 0,
  );

/** From the first mark to the last, as the database has stored them. */
async function drainedPerSecond(pool: Pool, before: Date): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT MIN(published_at) AS first, MAX(published_at) AS last FROM checkouts WHERE created_at < ?',
    [before],
  );
  const { first, last } = rows[0] as unknown as { readonly first: Date; readonly last: Date };
  return (ROWS * 1_000) / (last.getTime() - first.getTime());
}

/** @throws when the queue has fewer messages than the outbox had rows */
async function expectMessages(channel: Channel): Promise<void> {
  const { messageCount } = await channel.checkQueue(ORDER_CREATE_QUEUE);
  if (messageCount < ROWS) throw new Error(`${ROWS} rows were marked, ${messageCount} messages are in the queue`);
}
