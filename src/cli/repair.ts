import type { Client } from '@temporalio/client';
import { type Pool, ping } from '../db/driver/pool.js';
import { createExpirySweep } from '../db/orders/expiry-sweep.js';
import { closeEnded, isPlaced, ordersInTime } from '../db/orders/open-orders.js';
import { settleOrder } from '../db/orders/settlement.js';
import { placeArrived } from '../db/payments/kept-payments.js';
import { unfinishedPayments } from '../db/payments/unfinished-payments.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { CancelReason } from '../domain/order.js';
import { createKnownWorkflows } from '../temporal/known-workflows.js';
import { createOrderWorkflows } from '../temporal/order-workflows.js';
import { createReconciler } from '../temporal/reconciler.js';
import { cancelAgain } from './cancel-again.js';
import { reportDecided } from './report-decided.js';

const MIN_AGE_MS = 15_000;
const PAYMENTS = 10_000;

/**
 * What the sweeps of a running bridge do, done now and told line by line: payments are decided, orders past their
 * deadline are settled, open ones without a workflow are started again, whatever became of their messages. All of it
 * by the same guarded settlement, so that it may run beside the system, and twice.
 *
 * What the database alone can do comes first, and one thing that cannot be repaired holds up no other.
 *
 * @param deps.since cancels again first what Temporal saw canceled after this moment, as is wanted after a restore
 */
export async function repair(deps: {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly since?: Date | undefined;
  readonly say: (line: string) => void;
}): Promise<void> {
  const { pool, say, since } = deps;
  const workflows = {
    ...createOrderWorkflows(deps.temporal, deps),
    ...createKnownWorkflows(deps.temporal, deps),
  };
  const cancel = (orderId: string, reason: CancelReason) => settleOrder(pool, orderId, { kind: 'cancel', reason });
  // First, so that money for an order that a restore has opened again goes back, as it went before.
  if (since) await attempt('canceled orders', () => cancelAgain({ pool, workflows, since, cancel, say }));

  const paid: { readonly paymentId: string; readonly orderId: string }[] = [];
  const refunds: { readonly paymentId: string; readonly orderId: string }[] = [];

  const placed = await placeArrived(pool);
  if (placed > 0) say(`${placed} kept payments: their orders are there now, they are decided next`);
  for (const payment of await unfinishedPayments(pool, { minAgeMs: MIN_AGE_MS, limit: PAYMENTS })) {
    const { paymentId, orderId } = payment;
    await attempt(`payment ${paymentId}`, async () => {
      if (payment.status !== 'refund_required') {
        const { order, refund } = await settleOrder(pool, orderId, { kind: 'payment', paymentId });
        say(
          `payment ${paymentId}: decided, order ${orderId} is ${order.status}${refund ? ', the money goes back' : ''}`,
        );
        if (refund === null) return void paid.push({ paymentId, orderId });
      }
      refunds.push({ paymentId, orderId });
    });
  }

  const log = sayingLog(say);
  const endOverdue = createExpirySweep({
    pool,
    byMs: 0,
    now: Date.now,
    log,
    onEnded: (orderId, status) => say(`order ${orderId}: past its deadline, now ${status}; its stock was moved once`),
  });
  await attempt('overdue orders', endOverdue);

  for (const [index, refund] of refunds.entries()) {
    const { paymentId } = refund;
    const outcome = await attempt(`payment ${paymentId}`, async () => {
      if ((await workflows.startRefund(refund)) !== 'started') return;
      say(`payment ${paymentId}: its refund was started; a running worker carries it out`);
    });
    if (outcome !== 'unavailable') continue;
    // Each further call would wait for Temporal as long as this one did.
    const left = refunds.length - index - 1;
    if (left > 0) say(`not repaired: ${left} more refunds that wait for Temporal`);
    break;
  }

  await attempt('paid orders', () => reportDecided({ pool, workflows, say }, paid));

  const reconcile = createReconciler({
    orders: {
      inTime: (options) => ordersInTime(pool, { ...options, unpublishedToo: true }),
      closeEnded: (orderIds) => closeEnded(pool, orderIds),
      isPlaced: (orderId) => isPlaced(pool, orderId),
      cancel,
    },
    workflows,
    // Without a bridge, what waits in the queue waits for ever.
    waiting: async () => 0,
    minAgeMs: MIN_AGE_MS,
    turnMs: Number.POSITIVE_INFINITY,
    now: Date.now,
    log,
  });
  await attempt('orders without a workflow', reconcile);

  async function attempt(subject: string, work: () => Promise<unknown>): Promise<'done' | 'failed' | 'unavailable'> {
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

/** What the sweeps write of single orders, as lines. */
function sayingLog(say: (line: string) => void): Log {
  const line =
    (
      words: (fields: { readonly orderId?: unknown; readonly reason?: unknown }, message: string) => string,
    ): Log['warn'] =>
    (...[fields, message]) => {
      if (typeof fields === 'object' && 'orderId' in fields) say(words(fields, message ?? ''));
    };
  const silent = () => undefined;
  return {
    debug: silent,
    info: silent,
    warn: line(({ orderId }, message) => `order ${orderId}: ${message}`),
    error: line(({ orderId, reason }, message) =>
      reason === undefined ? `order ${orderId}: ${message}` : `not repaired: order ${orderId}: ${reason}`,
    ),
  };
}
