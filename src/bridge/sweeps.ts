import type { QueueDepth } from '../amqp/queue-depth.js';
import type { Relay } from '../amqp/relay.js';
import { isLockWait } from '../db/driver/connection-errors.js';
import type { Pool } from '../db/driver/pool.js';
import { createExpirySweep, OVERDUE_MS } from '../db/orders/expiry-sweep.js';
import { closeEnded, isPlaced, ordersInTime } from '../db/orders/open-orders.js';
import type { Settlements } from '../db/orders/settlements.js';
import { type UnfinishedPayment, unfinishedPayments } from '../db/payments/unfinished-payments.js';
import { requiredRefunds } from '../db/refunds/open-refunds.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import { messageOf } from '../domain/errors.js';
import type { DeliverEvents } from '../domain/event.js';
import type { Log } from '../domain/log.js';
import type { OrderRefund } from '../domain/order-refund.js';
import type { createMetrics } from '../process/metrics.js';
import { createMovedDeadlinesSweep, createOrderReportsSweep } from '../process/order-reports.js';
import { type Sweep, startSweep } from '../process/sweep.js';
import type { KnownWorkflows } from '../temporal/known-workflows.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';
import { createOwedStarts } from '../temporal/owed-starts.js';
import { createPaidInTemporal } from '../temporal/paid-in-temporal.js';
import { createPaymentsSweep } from '../temporal/payments-sweep.js';
import { createReconciler } from '../temporal/reconciler.js';
import type { Reports } from '../temporal/reports.js';
import { startBegunPayments } from './begun-payments.js';
import { startCaptures } from './captures.js';
import { startEndpointSweeps } from './endpoints.js';
import { startEventSweeps } from './events.js';
import { createPrecedence } from './precedence.js';
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
  readonly settlements: Settlements;
  /** The providers at which payments may have begun. */
  readonly providers: readonly ProviderWithDesk[];
  readonly reports: Reports;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** How long an open order may have no workflow, in milliseconds. */
  readonly reconcileAfterMs: number;
  readonly deliverEvents: DeliverEvents;
  /** How long a delivered event is kept, in milliseconds. */
  readonly eventsKeptMs: number;
  /** Whether endpoints may be inside of the own network. */
  readonly allowPrivateEndpoints: boolean;
  readonly log: Log;
}): Sweep[] {
  const { pool, relay, workflows, settlements, reports, metrics, log } = deps;
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
    },
    workflows,
    waiting: deps.queue.waiting,
    minAgeMs: deps.reconcileAfterMs,
    turnMs: 500,
    now: Date.now,
    log,
  });
  const sweepOf = (status: 'received' | 'refund_required', deliver: (payment: UnfinishedPayment) => Promise<unknown>) =>
    createPaymentsSweep<UnfinishedPayment>({
      unfinished: (after) => unfinishedPayments(pool, status, { minAgeMs: 5_000, limit: PAYMENTS_AT_ONCE, after }),
      pageSize: PAYMENTS_AT_ONCE,
      deliver,
      now: Date.now,
      log,
    });
  const settlePayments = sweepOf('received', async ({ paymentId, orderId }) => {
    await settlements.settle(orderId, { kind: 'payment', paymentId }).catch((error) => {
      // Held stock delays this payment, and no other payment.
      throw isLockWait(error) ? new Error(messageOf(error), { cause: error }) : error;
    });
    reports.payment(paymentId);
  });
  const reportEnds = createOrderReportsSweep({ pool, workflows, log });
  const reportDeadlines = createMovedDeadlinesSweep({ pool, workflows, log });
  const startRefunds = sweepOf('refund_required', workflows.startRefund);
  const startOrderRefunds = createOwedStarts<OrderRefund>({
    what: 'refund of an order',
    keyOf: ({ refundId, attempt }) => `${refundId} ${attempt}`,
    read: (after) => requiredRefunds(pool, { limit: PAYMENTS_AT_ONCE, after }),
    pageSize: PAYMENTS_AT_ONCE,
    start: workflows.startOrderRefund,
    now: Date.now,
    log,
  });

  // Ten thousand orders that expire at once write as many events: the stock comes back before the events go out.
  const precedence = createPrecedence();

  const ofEvents = { pool, standBack: precedence.standBack, metrics, log };
  return [
    startSweep('outbox', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'outbox' }, await relay.sweep(signal));
    }),
    startSweep('overdue', 200, log, async (signal) => {
      metrics.swept.inc({ what: 'overdue' }, await precedence.urgent(() => endOverdue(signal)));
    }),
    startSweep('canceled', 2_000, log, (signal) => paidInTemporal.turn(signal)),
    startSweep('orders', 5_000, log, async (signal) => {
      metrics.swept.inc({ what: 'orders' }, await reconcile(signal));
    }),
    startSweep('payments', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'payments' }, await settlePayments(signal));
    }),
    startSweep('reports', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'reports' }, await reportEnds(signal));
    }),
    startSweep('deadlines', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'deadlines' }, await reportDeadlines(signal));
    }),
    startSweep('refunds', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'refunds' }, await startRefunds(signal));
    }),
    startSweep('refunds of orders', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'order-refunds' }, await startOrderRefunds(signal));
    }),
    ...startCaptures({ pool, workflows, pageSize: PAYMENTS_AT_ONCE, metrics, log }),
    startBegunPayments({ pool, providers: deps.providers, settlements, reports, metrics, log }),
    ...startEventSweeps({ ...ofEvents, deliver: deps.deliverEvents, keptMs: deps.eventsKeptMs }),
    ...startEndpointSweeps({ ...ofEvents, allowPrivate: deps.allowPrivateEndpoints }),
    ...startBridgeWatch({ pool, metrics, log }),
    startUnplacedPayments({ pool, metrics, log }),
  ];
}
