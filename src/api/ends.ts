import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { createSettlements } from '../db/orders/settlements.js';
import type { Log } from '../domain/log.js';
import type { UnplacedPayments } from '../domain/payment.js';
import type { OrderDeps } from '../http/order-routes.js';
import type { WebhookDeps } from '../http/webhook-route.js';
import type { createMigrationGate } from '../process/migration-gate.js';
import { createOrderReports } from '../process/order-reports.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';

/**
 * What may end an order in the API: a webhook, and a cancel by the customer or an operator. The database decides before
 * the answer, and needs neither RabbitMQ nor Temporal. Afterwards the order's workflow gets a report.
 */
export function createApiEnds(deps: {
  readonly pool: Pool;
  readonly schema: Pick<ReturnType<typeof createMigrationGate>, 'after'>;
  readonly workflows: OrderWorkflows;
  readonly unplaced: UnplacedPayments;
  readonly log: Log;
}): {
  readonly orders: OrderDeps;
  readonly events: Pick<WebhookDeps, 'storeEvent' | 'onPayment'>;
  /** Resolves when each settlement that has begun is decided and reported. */
  readonly idle: () => Promise<unknown>;
} {
  const { pool, schema, workflows, unplaced, log } = deps;
  const settlements = createSettlements(pool, { unplaced });
  const reports = createOrderReports({ pool, workflows, log });

  const cancel: OrderDeps['cancel'] = async (orderId, reason) => {
    const { order: settled } = await settlements.settle(orderId, { kind: 'cancel', reason });
    if (settled.status === 'canceled') reports.cancel(orderId, settled.cancelReason ?? reason);
  };

  return {
    orders: { findOrder: schema.after((orderId: string) => findOrder(pool, orderId)), cancel: schema.after(cancel) },
    events: { storeEvent: schema.after(settlements.receive), onPayment: reports.payment },
    idle: () => settlements.idle().then(reports.idle),
  };
}
