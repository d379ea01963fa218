import type { Client } from '@temporalio/client';
import { unendedOrders } from '../db/open-orders.js';
import { unfinishedPayments } from '../db/payments.js';
import type { Pool } from '../db/pool.js';
import { settleOrder } from '../db/settlement.js';
import type { Order } from '../domain/order.js';
import { createOrderWorkflows } from '../temporal/order-workflows.js';
import { isRunning } from '../temporal/running.js';

const MIN_AGE_MS = 15_000;
const PAYMENTS = 10_000;

/**
 * What the sweeps of a running bridge do, done now and told line by line: payments are decided, orders past their
 * deadline are settled, open ones without a workflow are started again. All of it by the same guarded settlement, so
 * that it may run beside the system, and twice.
 */
export async function repair(deps: {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly say: (line: string) => void;
}): Promise<void> {
  const { pool, temporal, say } = deps;
  const workflows = createOrderWorkflows(temporal, { taskQueue: deps.taskQueue });

  for (const payment of await unfinishedPayments(pool, { minAgeMs: MIN_AGE_MS, limit: PAYMENTS })) {
    const { paymentId, orderId } = payment;
    let owed = payment.status === 'refund_required';
    if (!owed) {
      const { order, refund } = await settleOrder(pool, orderId, { kind: 'payment', paymentId });
      owed = refund !== null;
      say(`payment ${paymentId}: decided, order ${orderId} is ${order.status}${owed ? ', the money goes back' : ''}`);
    }
    if (owed && (await workflows.startRefund({ paymentId, orderId })) === 'started') {
      say(`payment ${paymentId}: its refund was started; a running worker carries it out`);
    }
  }
  for (const order of await unendedOrders(pool, { minAgeMs: MIN_AGE_MS })) await bringToEnd(order);

  async function bringToEnd({ orderId, userId, amount, currency, expiresAt }: Order): Promise<void> {
    const { order } = await settleOrder(pool, orderId, { kind: 'expired' });
    if (order.status !== 'placed') {
      say(`order ${orderId}: past its deadline, now ${order.status}; its stock was moved once`);
      return;
    }
    if (await isRunning(temporal, orderId)) return;
    const input = { orderId, userId, amount, currency, expiresAt: expiresAt.toISOString() };
    if ((await workflows.startOrder(input)) === 'started') {
      say(`order ${orderId}: no workflow ran for it, it was started again`);
    }
  }
}
