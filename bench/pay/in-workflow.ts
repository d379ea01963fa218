import { randomUUID } from 'node:crypto';
import { createActivities } from '../../activities/index.js';
import { createPool } from '../../src/db/driver/pool.js';
import { createOrderRecorder } from '../../src/db/grouped-writes.js';
import { migrate } from '../../src/db/migrate.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { findPayment, storeEvent } from '../../src/db/payments/payments.js';
import type { Checkout } from '../../src/domain/checkout.js';
import { inParallel } from '../../src/domain/in-parallel.js';
import { createClient } from '../../src/temporal/client.js';
import { createOrderWorkflows } from '../../src/temporal/order-workflows.js';
import { createWorker } from '../../src/temporal/worker.js';
import { paymentEvent } from '../../test/db/payment-events.js';
import { dropSdkLogs } from '../../test/workflows/life.js';
import { audited } from '../harness/audited.js';
import { withCpu } from '../harness/cpu.js';
import type { Bench, Measured } from '../harness/figure.js';
import { perSecond } from '../harness/timing.js';
import { addStock, placeOrders } from '../place-orders.js';

/** As many connections as a provider may use. */
export const AT_ONCE = 64;

/**
 * The earlier way: an event is stored, the order's workflow gets a signal, and an activity of the workflow decides. The
 * worker and the caller are this process, and the payments come without HTTP.
 */
export async function startPaidInWorkflow({ env, pids }: Bench) {
  const pool = createPool({ url: env['TEST_MYSQL_URL'] ?? '', size: 10, timeLimitMs: 120_000 });
  await migrate(pool);
  dropSdkLogs();
  const address = env['TEST_TEMPORAL_ADDRESS'] ?? '';
  const queue = `bench-${randomUUID()}`;
  const client = createClient({ address, namespace: 'default' });
  const workflows = createOrderWorkflows(client, { taskQueue: queue });
  const none = async () => undefined;
  const { worker, connection } = await createWorker({
    address,
    namespace: 'default',
    taskQueue: queue,
    graceMs: 10_000,
    activities: createActivities({
      recordOrder: createOrderRecorder(pool),
      settleOrder: createSettlements(pool, { reportDue: false }).settle,
      findPayment: (paymentId) => findPayment(pool, paymentId),
      markRefunded: none,
      markRefundFailed: none,
      closePayments: async () => ({ closed: 0, paid: 0, processing: 0 }),
      findAuthorisation: none,
      markCaptured: none,
      markCaptureFailed: none,
      markVoided: none,
      findRefund: none,
      markOrderRefunded: none,
      markOrderRefundFailed: none,
      remindOfDeadline: async () => false,
      remindBeforeMs: undefined,
      providers: [],
    }),
  });
  const running = worker.run();
  const processes = { ...pids, 'caller and worker': process.pid };

  async function pay({ orderId, amount, currency, ...order }: Checkout): Promise<void> {
    const event = paymentEvent({ orderId, amount, currency });
    await storeEvent(pool, event);
    await workflows.reportPayment({ orderId, amount, currency, ...order }, { paymentId: event.paymentId });
    await client.workflow.getHandle(`order:${orderId}`).result();
  }

  return {
    /** Payments a second, of orders whose workflows wait. */
    async measure(skuCount: number, orders: number): Promise<Measured> {
      const skus = await addStock(pool, `workflow-${skuCount}`, skuCount);
      const placed = await placeOrders(pool, skus, orders);
      await inParallel(placed, 10, (order) =>
        workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() }),
      );
      const { result: value, cpu } = await withCpu(
        processes,
        () => perSecond(orders, () => inParallel(placed, AT_ONCE, pay)),
        () => orders,
      );
      return { value, details: cpu };
    },
    audit: () => audited(pool),
    async stop(): Promise<void> {
      worker.shutdown();
      await running;
      await Promise.all([connection.close(), client.connection.close(), pool.end()]);
    },
  };
}
