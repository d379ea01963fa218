import type { Relay } from './amqp/relay.js';
import { startBridgeWatch } from './bridge-watch.js';
import { countPlaced, forgottenOrders, overdueOrders, placedOrders } from './db/open-orders.js';
import { unfinishedPayments } from './db/payments.js';
import type { Pool } from './db/pool.js';
import type { Log } from './domain/log.js';
import type { createMetrics } from './process/metrics.js';
import { type Sweep, startSweep } from './process/sweep.js';
import type { OrderWorkflows } from './temporal/order-workflows.js';
import type { DeliverPayment } from './temporal/payment-delivery.js';
import { createPaymentsSweep } from './temporal/payments-sweep.js';
import { createReconciler } from './temporal/reconciler.js';

/** The safety nets: each picks up what a crash or an outage left on the way of an order. */
export function startBridgeSweeps(deps: {
  readonly pool: Pool;
  readonly relay: Relay;
  readonly workflows: OrderWorkflows;
  readonly deliver: DeliverPayment;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** How long an open order may be without a workflow. */
  readonly reconcileAfterMs: number;
  readonly log: Log;
}): Sweep[] {
  const { pool, relay, workflows, deliver, metrics, log } = deps;
  const reconciler = createReconciler({
    orders: {
      overdue: (options) => overdueOrders(pool, options),
      forgotten: (options) => forgottenOrders(pool, options),
      placed: (options) => placedOrders(pool, options),
      countPlaced: (options) => countPlaced(pool, options),
    },
    workflows,
    minAgeMs: deps.reconcileAfterMs,
    now: Date.now,
    log,
  });
  const unfinished = () => unfinishedPayments(pool, { minAgeMs: 5_000, limit: 1_000 });
  const sweepPayments = createPaymentsSweep({ unfinished, deliver, now: Date.now, log });

  return [
    startSweep('outbox', 2_000, log, async () => {
      metrics.swept.inc({ what: 'outbox' }, await relay.sweep());
    }),
    startSweep('orders', 10_000, log, async () => {
      metrics.swept.inc({ what: 'orders' }, await reconciler.reconcile());
    }),
    startSweep('payments', 2_000, log, async () => {
      metrics.swept.inc({ what: 'payments' }, await sweepPayments());
    }),
    ...startBridgeWatch({ pool, metrics, log }),
  ];
}
