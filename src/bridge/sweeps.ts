import type { QueueDepth } from '../amqp/queue-depth.js';
import type { Relay } from '../amqp/relay.js';
import type { Pool } from '../db/driver/pool.js';
import { createExpirySweep, OVERDUE_MS } from '../db/orders/expiry-sweep.js';
import { closeEnded, isPlaced, ordersInTime } from '../db/orders/open-orders.js';
import { settleOrder } from '../db/orders/settlement.js';
import { findPayment } from '../db/payments/payments.js';
import { type UnfinishedPayment, unfinishedPayments } from '../db/payments/unfinished-payments.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';
import type { KnownWorkflows } from '../temporal/known-workflows.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';
import { createPaidInTemporal } from '../temporal/paid-in-temporal.js';
import type { DeliverPayment } from '../temporal/payment-delivery.js';
import { createPaymentsSweep } from '../temporal/payments-sweep.js';
import { createReconciler } from '../temporal/reconciler.js';
import { startUnplacedPayments } from './unplaced-payments.js';
import { startBridgeWatch } from './watch.js';

/** So many unfinished payments are handled in one turn; the next turn continues behind them. A rule of thumb. */
const PAYMENTS_AT_ONCE = 1_000;

/** Starts the sweeps. Each sweep continues work that a crash or an outage stopped. */
export function startBridgeSweeps(deps: {
  readonly pool: Pool;
  readonly relay: Relay;
  readonly workflows: OrderWorkflows & KnownWorkflows;
  /** The queue of new orders. */
  readonly queue: Pick<QueueDepth, 'waiting'>;
  readonly deliver: DeliverPayment;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** How long an open order may have no workflow, in milliseconds. */
  readonly reconcileAfterMs: number;
  readonly log: Log;
}): Sweep[] {
  const { pool, relay, workflows, deliver, metrics, log } = deps;
  const paidInTemporal = createPaidInTemporal({ workflows, capacity: 100_000, log });
  const endOverdue = createExpirySweep({
    pool,
    byMs: OVERDUE_MS,
    now: Date.now,
    log,
    onEnded: (orderId, status) => void (status === 'canceled' && paidInTemporal.add(orderId)),
  });
  const reconcile = createReconciler({
    orders: {
      inTime: (options) => ordersInTime(pool, options),
      closeEnded: (orderIds) => closeEnded(pool, orderIds),
      isPlaced: (orderId) => isPlaced(pool, orderId),
      cancel: (orderId, reason) => settleOrder(pool, orderId, { kind: 'cancel', reason }),
    },
    workflows,
    waiting: deps.queue.waiting,
    minAgeMs: deps.reconcileAfterMs,
    turnMs: 500,
    now: Date.now,
    log,
  });
  const unfinished = (after?: UnfinishedPayment) =>
    unfinishedPayments(pool, { minAgeMs: 5_000, limit: PAYMENTS_AT_ONCE, after });
  /** Reads the payment again: in a long turn the payment may be decided meanwhile. */
  const deliverAsStored: DeliverPayment = async ({ paymentId }) => {
    const payment = await findPayment(pool, paymentId);
    if (payment !== undefined) await deliver(payment);
  };
  const sweepPayments = createPaymentsSweep({
    unfinished,
    pageSize: PAYMENTS_AT_ONCE,
    deliver: deliverAsStored,
    now: Date.now,
    log,
  });

  return [
    startSweep('outbox', 2_000, log, async () => {
      metrics.swept.inc({ what: 'outbox' }, await relay.sweep());
    }),
    startSweep('overdue', 1_000, log, async (signal) => {
      metrics.swept.inc({ what: 'overdue' }, await endOverdue(signal));
    }),
    startSweep('canceled', 2_000, log, (signal) => paidInTemporal.turn(signal)),
    startSweep('orders', 5_000, log, async (signal) => {
      metrics.swept.inc({ what: 'orders' }, await reconcile(signal));
    }),
    startSweep('payments', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'payments' }, await sweepPayments(signal));
    }),
    ...startBridgeWatch({ pool, metrics, log }),
    startUnplacedPayments({ pool, metrics, log }),
  ];
}
