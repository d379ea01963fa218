import type { Config } from '../config/config.js';
import { lateSalesOf } from '../config/late-sales.js';
import { moveDeadline } from '../db/deadlines/moves.js';
import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { createSettlements } from '../db/orders/settlements.js';
import { requestRefund } from '../db/refunds/request-refund.js';
import { storeReport } from '../db/reports/store-report.js';
import { createStockChanges } from '../db/stock/stock-changes.js';
import { stockHistory } from '../db/stock/stock-history.js';
import type { Log } from '../domain/log.js';
import type { MoneyReport } from '../domain/money-report.js';
import type { BeginDeps } from '../http/begin-route.js';
import type { ExtendDeps } from '../http/extend-route.js';
import type { OrderDeps } from '../http/order-routes.js';
import type { ReconcileDeps } from '../http/reconcile-route.js';
import type { RefundDeps } from '../http/refund-route.js';
import type { StockDeps } from '../http/stock-routes.js';
import type { WebhookDeps } from '../http/webhook-route.js';
import { providersOf } from '../payments/providers.js';
import type { createMigrationGate } from '../process/migration-gate.js';
import { createOrderReports } from '../process/order-reports.js';
import { reconcilePayments } from '../process/reconcile-payments.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';
import { createBeginPayments } from './begin-payments.js';

/**
 * What may end an order in the API: a webhook, a cancel by the customer or an operator, and a change of the stock; and
 * what moves the deadline at which an order would end, or sends back money and units of a paid order. The database
 * decides before the answer, and needs neither RabbitMQ nor Temporal. Afterwards the order's workflow gets a report.
 */
export function createApiEnds(deps: {
  readonly pool: Pool;
  readonly schema: Pick<ReturnType<typeof createMigrationGate>, 'after'>;
  readonly workflows: OrderWorkflows;
  readonly config: Parameters<typeof providersOf>[0] &
    Pick<
      Config,
      | 'UNPLACED_PAYMENTS'
      | 'MAX_PAYMENT_WINDOW'
      | 'PROCESSING_EXTENSION'
      | 'CLOSE_PAYMENTS_WITHIN'
      | 'LATE_PAYMENTS'
      | 'LATE_SALES_WITHIN'
    >;
  readonly log: Log;
}): {
  readonly orders: OrderDeps;
  readonly deadlines: Pick<ExtendDeps, 'extend'>;
  /** What operators alone may do. */
  readonly operators: ReconcileDeps & StockDeps & RefundDeps;
  readonly events: Pick<WebhookDeps, 'storeEvent' | 'storeReport' | 'onPayment'>;
  readonly payments: BeginDeps;
  /** Resolves when each settlement that has begun is decided and reported. */
  readonly idle: () => Promise<unknown>;
} {
  const { pool, schema, workflows, config, log } = deps;
  const settlements = createSettlements(pool, {
    unplaced: config.UNPLACED_PAYMENTS,
    ...lateSalesOf(config),
    processing: { byMs: config.PROCESSING_EXTENSION, mostMs: config.MAX_PAYMENT_WINDOW },
  });
  const reports = createOrderReports({ pool, workflows, log });

  const cancel: OrderDeps['cancel'] = async (orderId, reason) => {
    const { order: settled } = await settlements.settle(orderId, { kind: 'cancel', reason });
    if (settled.status === 'canceled') reports.cancel(orderId, settled.cancelReason ?? reason);
  };

  const extend: ExtendDeps['extend'] = async (orderId, to, by) => {
    const result = await moveDeadline(pool, orderId, { to, by }, config.MAX_PAYMENT_WINDOW);
    if (result.kind === 'moved') reports.deadline(orderId, result.expiresAt);
    return result;
  };

  const storeEvent: WebhookDeps['storeEvent'] = async (event) => {
    const stored = await settlements.receive(event);
    if (stored.moved) reports.deadline(stored.moved.orderId, stored.moved.expiresAt);
    return stored;
  };

  const providers = providersOf(config);
  const beginPayment = createBeginPayments({
    pool,
    providers,
    closeWithinMs: config.CLOSE_PAYMENTS_WITHIN,
    async receive(event) {
      const { paymentId } = await storeEvent(event);
      if (paymentId !== undefined) reports.payment(paymentId);
    },
    log,
  });

  const reconcile: ReconcileDeps['reconcile'] = async ({ providers: names, dryRun, ...span }) => {
    const writes = { receive: storeEvent, report: (report: MoneyReport) => storeReport(pool, report) };
    const deps = { pool, ...(dryRun ? { receive: undefined } : writes) };
    const all = [];
    for (const provider of providers.filter(({ name }) => names.includes(name)))
      all.push(await reconcilePayments(deps, provider, span));
    return all;
  };

  const stockChanges = createStockChanges(pool);
  const changeStock: StockDeps['changeStock'] = async (asked) => {
    const result = await stockChanges.change(asked);
    if (result.kind !== 'changed' || result.replayed) return result;
    for (const orderId of result.change.canceledOrders) reports.cancel(orderId, 'stock-missing');
    return result;
  };

  return {
    deadlines: { extend: schema.after(extend) },
    operators: {
      changeStock: schema.after(changeStock),
      stockHistory: schema.after((...asked: Parameters<StockDeps['stockHistory']>) => stockHistory(pool, ...asked)),
      providers: providers.map(({ name }) => name),
      reconcile: schema.after(reconcile),
      requestRefund: schema.after((asked: Parameters<RefundDeps['requestRefund']>[0]) => requestRefund(pool, asked)),
    },
    orders: { findOrder: schema.after((orderId: string) => findOrder(pool, orderId)), cancel: schema.after(cancel) },
    events: {
      storeEvent: schema.after(storeEvent),
      storeReport: schema.after((report: Parameters<WebhookDeps['storeReport']>[0]) => storeReport(pool, report)),
      onPayment: reports.payment,
    },
    payments: { beginPayment: schema.after(beginPayment) },
    idle: () => Promise.all([settlements.idle(), stockChanges.idle()]).then(reports.idle),
  };
}
