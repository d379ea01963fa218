import type { Client } from '@temporalio/client';
import { unendedOrders } from '../db/open-orders.js';
import { unfinishedPayments } from '../db/payments.js';
import { type Pool, ping } from '../db/pool.js';
import { settleOrder } from '../db/settlement.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { createOrderWorkflows } from '../temporal/order-workflows.js';

const MIN_AGE_MS = 15_000;
const PAYMENTS = 10_000;

/**
 * What the sweeps of a running bridge do, done now and told line by line: payments are decided, orders past their
 * deadline are settled, open ones without a workflow are started again. All of it by the same guarded settlement, so
 * that it may run beside the system, and twice.
 *
 * What the database alone can do comes first, and one thing that cannot be repaired holds up no other.
 */
export async function repair(deps: {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly say: (line: string) => void;
}): Promise<void> {
  const { pool, say } = deps;
  const workflows = createOrderWorkflows(deps.temporal, { taskQueue: deps.taskQueue });
  /** What only Temporal can do, for when the database has done its part. */
  const later: { readonly subject: string; readonly start: () => Promise<unknown>; readonly done: string }[] = [];

  for (const payment of await unfinishedPayments(pool, { minAgeMs: MIN_AGE_MS, limit: PAYMENTS })) {
    const { paymentId, orderId } = payment;
    await attempt(`payment ${paymentId}`, async () => {
      if (payment.status !== 'refund_required') {
        const { order, refund } = await settleOrder(pool, orderId, { kind: 'payment', paymentId });
        say(
          `payment ${paymentId}: decided, order ${orderId} is ${order.status}${refund ? ', the money goes back' : ''}`,
        );
        if (refund === null) return;
      }
      later.push({
        subject: `payment ${paymentId}`,
        start: () => workflows.startRefund({ paymentId, orderId }),
        done: 'its refund was started; a running worker carries it out',
      });
    });
  }
  for (const { orderId, userId, amount, currency, expiresAt } of await unendedOrders(pool, { minAgeMs: MIN_AGE_MS })) {
    await attempt(`order ${orderId}`, async () => {
      const { order } = await settleOrder(pool, orderId, { kind: 'expired' });
      if (order.status !== 'placed') {
        say(`order ${orderId}: past its deadline, now ${order.status}; its stock was moved once`);
        return;
      }
      later.push({
        subject: `order ${orderId}`,
        start: () => workflows.startOrder({ orderId, userId, amount, currency, expiresAt: expiresAt.toISOString() }),
        done: 'no workflow ran for it, it was started again',
      });
    });
  }
  for (const [index, { subject, start, done }] of later.entries()) {
    const outcome = await attempt(subject, async () => {
      if ((await start()) === 'started') say(`${subject}: ${done}`);
    });
    if (outcome !== 'unavailable') continue;
    // Each further call would wait for Temporal as long as this one did.
    const left = later.length - index - 1;
    if (left > 0) say(`not repaired: ${left} more refunds and orders that wait for Temporal`);
    return;
  }

  async function attempt(subject: string, work: () => Promise<void>): Promise<'done' | 'failed' | 'unavailable'> {
    try {
      await work();
      return 'done';
    } catch (error) {
      say(`not repaired: ${subject}: ${messageOf(error)}`);
      // With the database away each further one would wait as long; this says so, and ends it.
      if (isUnavailable(error)) await ping(pool);
      return isUnavailable(error) ? 'unavailable' : 'failed';
    }
  }
}
