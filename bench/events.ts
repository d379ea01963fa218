import { until } from '../src/cli/story/until.js';
import type { Pool } from '../src/db/driver/pool.js';
import { deliverOldest } from '../src/db/events/delivery.js';
import { startCheckouts } from './checkout-system.js';
import { audited } from './harness/audited.js';
import { figureOf } from './harness/compare.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { expectOnly, type LoadResult, startHttpLoad } from './harness/http-load.js';
import { perSecond } from './harness/timing.js';
import { loadOrders } from './load-orders.js';

/** The first orders have the few events, and the others have the rest. */
const [ORDERS, FIRST, OF_EACH] = [10_000, 100, 100];
const EVENTS = ORDERS * OF_EACH;
/** Checkouts in a second, in pieces of so many seconds. */
const [RATE, SECONDS, PIECES] = [200, 2, 6];
/** So many turns of a delivery are one measurement. */
const TURNS = 10;
const SKU = 'events';

/**
 * A million events that no broker has taken: what checkouts wait beside them, while they wait and while the bridge delivers
 * them, and how fast a delivery claims the oldest ones. Ends with the audit.
 */
export async function events(_: Bench): Promise<Figure[]> {
  const load = startHttpLoad();
  const shop = await startCheckouts([SKU]);
  const { pool } = shop;

  async function buy(): Promise<Measured> {
    const module = new URL('checkout-requests.js', import.meta.url).href;
    const requests = { module, name: 'checkoutRequests', options: { skus: [SKU], lines: 1 } };
    const result = await load.run({
      ...{ url: shop.url, connections: 64, rate: RATE },
      requests,
      amount: { seconds: SECONDS },
    });
    expectOnly(201, result);
    return latencyOf(result);
  }
  const pieces = async (): Promise<Measured[]> => {
    const runs: Measured[] = [];
    for (let piece = 0; piece < PIECES; piece++) runs.push(await buy());
    return runs;
  };
  /** Events in a second, of which the receiver confirms each at once. */
  const claimed = async (): Promise<Measured> => {
    let count = 0;
    const value = await perSecond(1, async () => {
      for (let turn = 0; turn < TURNS; turn++) count += await deliverOldest(pool, confirmAll);
    });
    return { value: value * count };
  };

  try {
    await loadOrders(pool, { sku: SKU, closed: 0, open: ORDERS });
    await buy();
    const quiet = await pieces();
    await addEvents(pool, '<=');
    const few = [await claimed(), await claimed(), await claimed()];
    await addEvents(pool, '>');
    const stored = await pieces();
    const many = [await claimed(), await claimed(), await claimed()];
    await shop.start('bridge', { awaited: 'listening', env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
    const delivering = await pieces();
    await untilDelivered(pool);
    await shop.stop('bridge');
    await audited(pool);
    const name = `events: p99 of ${RATE} checkouts/s beside ${EVENTS.toLocaleString('en-US')} events`;
    const latency = { unit: 'ms', better: 'smaller', goal: LATENCY_GOAL } as const;
    return [
      figureOf({ name: `${name} that wait, compared with none`, ...latency }, { ours: stored, baseline: quiet }),
      figureOf(
        { name: `${name} that are delivered, compared with none`, ...latency },
        { ours: delivering, baseline: quiet },
      ),
      figureOf(
        {
          name: 'events: claimed of a million, compared with of ten thousand',
          unit: 'events/s',
          better: 'larger',
          goal: 0.5,
        },
        { ours: many, baseline: few },
      ),
    ];
  } finally {
    await Promise.all([load.stop(), shop.close()]);
  }
}

/** The p99 of the checkouts may double, as for the buyers of expiring stock. */
const LATENCY_GOAL = 0.5;

const confirmAll = async (bySubject: readonly (readonly { readonly eventId: string }[])[]): Promise<Set<string>> =>
  new Set(bySubject.flat().map(({ eventId }) => eventId));

/** A move of the deadline is the event that an order may have a hundred times. */
async function addEvents(pool: Pool, which: '<=' | '>'): Promise<void> {
  const digits = `(${[...'0123456789'].map((n) => `SELECT ${n} AS n`).join(' UNION ALL ')})`;
  await pool.query(
    `INSERT INTO events (occurred_at, event_id, type, order_id, sequence, data)
     SELECT UTC_TIMESTAMP(3), UUID(), 'order.extended', o.order_id, 2 + tens.n * 10 + ones.n, JSON_OBJECT(
       'previousExpiresAt', '2026-01-01T00:00:00.000Z', 'by', 'operator',
       'state', JSON_OBJECT('status', 'placed', 'expiresAt', '2026-01-02T00:00:00.000Z',
         'cancelReason', NULL, 'paidReason', NULL, 'paymentId', NULL))
     FROM (SELECT order_id, ROW_NUMBER() OVER (ORDER BY order_id) AS nth FROM orders) o
     CROSS JOIN ${digits} tens CROSS JOIN ${digits} ones WHERE o.nth ${which} ?`,
    [FIRST],
  );
  await pool.query(
    'UPDATE orders SET event_count = ? WHERE order_id IN (SELECT order_id FROM events WHERE sequence = 2)',
    [OF_EACH + 1],
  );
}

const untilDelivered = (pool: Pool): Promise<unknown> =>
  until(
    'each event to be delivered',
    async () => {
      const [rows] = await pool.query('SELECT 1 FROM events WHERE delivered_at IS NULL LIMIT 1');
      return (rows as unknown[]).length;
    },
    (count) => count === 0,
    60 * 60_000,
  );

const latencyOf = ({ latency }: LoadResult): Measured => ({
  value: latency.p99,
  details: { 'p50 ms': latency.p50, 'p99 ms': latency.p99, 'max ms': latency.max },
});
