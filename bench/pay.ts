import { randomUUID } from 'node:crypto';
import { createActivities } from '../activities/index.js';
import { auditDatabase } from '../src/db/audit/audit.js';
import { createPool, type Pool } from '../src/db/driver/pool.js';
import { createOrderRecorder } from '../src/db/grouped-writes.js';
import { migrate } from '../src/db/migrate.js';
import { createSettlements } from '../src/db/orders/settlements.js';
import { findPayment, storeEvent } from '../src/db/payments/payments.js';
import type { Checkout } from '../src/domain/checkout.js';
import { inParallel } from '../src/domain/in-parallel.js';
import { createClient } from '../src/temporal/client.js';
import { createOrderWorkflows } from '../src/temporal/order-workflows.js';
import { createWorker } from '../src/temporal/worker.js';
import { paymentEvent } from '../test/db/payment-events.js';
import { dropSdkLogs } from '../test/workflows/life.js';
import type { Figure } from './benchmark.js';
import { addStock, placeOrders } from './place-orders.js';
import { median, perSecond, quantile, timed } from './timing.js';

const ROUNDS = 3;
const [OURS, BASELINE] = [2_000, 100];
/** As many connections as a provider may use. */
const AT_ONCE = 64;

const eventOf = ({ orderId, amount, currency }: Checkout) => paymentEvent({ orderId, amount, currency });

/**
 * From the provider's event to the paid order: the event is stored and decided in one transaction, compared with an
 * event that is stored and then decided by an activity of the order's workflow, which runs already. Ends with the audit.
 */
export async function pay(env: NodeJS.ProcessEnv): Promise<Figure[]> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 10, timeLimitMs: 120_000 });
  dropSdkLogs();
  const temporal = await startTemporal(pool, env['TEST_TEMPORAL_ADDRESS'] ?? '');
  try {
    await migrate(pool);
    const { receive } = createSettlements(pool);
    const skus = await addStock(pool, 'pay', 1);
    const [ours, baseline, waits] = [[] as number[], [] as number[], [] as number[]];
    for (let round = 0; round < ROUNDS; round++) {
      const orders = await placeOrders(pool, skus, OURS);
      const pays = async (order: Checkout) => void waits.push(await timed(() => receive(eventOf(order))));
      ours.push(await perSecond(OURS, () => inParallel(orders, AT_ONCE, pays)));

      const others = await placeOrders(pool, skus, BASELINE);
      await inParallel(others, 10, temporal.start);
      baseline.push(await perSecond(BASELINE, () => inParallel(others, AT_ONCE, temporal.pay)));
    }
    const findings = await auditDatabase(pool, 0);
    if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings.slice(0, 3))}`);
    const [rate, before] = [median(ours), median(baseline)];
    console.log(`pay: p50 ${quantile(waits, 0.5).toFixed(1)} ms, p99 ${quantile(waits, 0.99).toFixed(1)} ms`);
    return [{ name: 'pay: 1 SKU', ours: rate, baseline: before, ratio: rate / before, unit: 'payments/s' }];
  } finally {
    await temporal.stop();
    await pool.end();
  }
}

/** A worker, and orders whose workflows decide. */
async function startTemporal(pool: Pool, address: string) {
  const queue = `bench-${randomUUID()}`;
  const client = createClient({ address, namespace: 'default' });
  const workflows = createOrderWorkflows(client, { taskQueue: queue });
  const { settle } = createSettlements(pool, { reportDue: false });
  const none = async () => undefined;
  const { worker, connection } = await createWorker({
    address,
    namespace: 'default',
    taskQueue: queue,
    graceMs: 10_000,
    activities: createActivities({
      recordOrder: createOrderRecorder(pool),
      settleOrder: settle,
      findPayment: (paymentId) => findPayment(pool, paymentId),
      markRefunded: none,
      markRefundFailed: none,
      providers: [],
    }),
  });
  const running = worker.run();
  return {
    start: (order: Checkout) => workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() }),
    async pay(order: Checkout): Promise<void> {
      const event = eventOf(order);
      await storeEvent(pool, event);
      await workflows.reportPayment(order, { paymentId: event.paymentId });
      await client.workflow.getHandle(`order:${order.orderId}`).result();
    },
    async stop(): Promise<void> {
      worker.shutdown();
      await running;
      await Promise.all([connection.close(), client.connection.close()]);
    },
  };
}
