import { randomUUID } from 'node:crypto';
import { createActivities } from '../activities/index.js';
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
import { audited } from './harness/audited.js';
import { compare } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure } from './harness/figure.js';
import { perSecond, quantile, timed } from './harness/timing.js';
import { addStock, placeOrders } from './place-orders.js';

const ROUNDS = 3;
const [OURS, BASELINE] = [2_000, 100];
/** As many connections as a provider may use. */
const AT_ONCE = 64;

const eventOf = ({ orderId, amount, currency }: Checkout) => paymentEvent({ orderId, amount, currency });

/**
 * From the provider's event to the paid order: the event is stored and decided in one transaction, compared with an
 * event that is stored and then decided by an activity of the order's workflow, which runs already. Ends with the audit.
 */
export async function pay({ env, pids }: Bench): Promise<Figure[]> {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 10, timeLimitMs: 120_000 });
  dropSdkLogs();
  const temporal = await startTemporal(pool, env['TEST_TEMPORAL_ADDRESS'] ?? '');
  try {
    await migrate(pool);
    // This process is the API, and the worker of the other way.
    const processes = { ...pids, 'API and worker': process.pid };
    const { receive } = createSettlements(pool);
    const skus = await addStock(pool, 'pay', 1);
    const figure = await compare(
      { name: 'pay: 1 SKU', unit: 'payments/s', better: 'larger', rounds: ROUNDS, goal: 100 },
      {
        async ours() {
          const orders = await placeOrders(pool, skus, OURS);
          const waits: number[] = [];
          const pays = async (order: Checkout) => void waits.push(await timed(() => receive(eventOf(order))));
          const { result: value, cpu } = await withCpu(
            processes,
            () => perSecond(OURS, () => inParallel(orders, AT_ONCE, pays)),
            () => OURS,
          );
          return { value, details: { 'p50 ms': quantile(waits, 0.5), 'p99 ms': quantile(waits, 0.99), ...cpu } };
        },
        async baseline() {
          const orders = await placeOrders(pool, skus, BASELINE);
          await inParallel(orders, 10, temporal.start);
          const { result: value, cpu } = await withCpu(
            processes,
            () => perSecond(BASELINE, () => inParallel(orders, AT_ONCE, temporal.pay)),
            () => BASELINE,
          );
          return { value, details: cpu };
        },
      },
    );
    await audited(pool);
    return [figure];
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
