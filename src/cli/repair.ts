import type { Client } from '@temporalio/client';
import { type Pool, ping } from '../db/driver/pool.js';
import { createExpirySweep } from '../db/orders/expiry-sweep.js';
import { addMissingCustomers } from '../db/orders/missing-customers.js';
import { closeEnded, isPlaced, ordersInTime } from '../db/orders/open-orders.js';
import { settleOrder } from '../db/orders/settlement.js';
import { unfinishedPayments } from '../db/payments/unfinished-payments.js';
import { assignExistingOrders } from '../db/payments/unplaced-payments.js';
import { openLedgers } from '../db/stock/opening-rows.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { LateSales } from '../domain/late-sale.js';
import type { Log } from '../domain/log.js';
import type { CancelReason } from '../domain/order.js';
import { createKnownWorkflows } from '../temporal/known-workflows.js';
import { createOrderWorkflows } from '../temporal/order-workflows.js';
import { createReconciler } from '../temporal/reconciler.js';
import { cancelAgain } from './cancel-again.js';
import { reportDecided } from './report-decided.js';

/** The default of `RECONCILE_AFTER`: the message or the signal of a younger order may still be on its way. */
const MIN_AGE_MS = 15_000;
/** Payments of one repair; the next repair decides the others. A rule of thumb. */
const PAYMENTS = 10_000;

/**
 * Does at once what the sweeps of a running bridge do, and prints each step: products without a ledger get their opening
 * row, orders that lack the text of their customer get the text, payments are decided, orders past their deadline are
 * settled, and open orders without a workflow are started again, with or without their messages. All steps use the same
 * guarded settlement, so the repair may run while the system runs, and twice.
 *
 * Steps that need only the database come first. An item that cannot be repaired stops no other item.
 *
 * @param deps.since for a restore: first cancels again the orders that ended as canceled in Temporal after this moment,
 *   and leaves the overdue orders open that ended as paid in Temporal
 */
export async function repair(deps: {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly since?: Date | undefined;
  /** Whether a late payment buys what its order wanted. */
  readonly lateSales?: LateSales | undefined;
  readonly say: (line: string) => void;
}): Promise<void> {
  const { pool, say, since, lateSales } = deps;
  const workflows = {
    ...createOrderWorkflows(deps.temporal, deps),
    ...createKnownWorkflows(deps.temporal, deps),
  };
  const cancel = (orderId: string, reason: CancelReason) => settleOrder(pool, orderId, { kind: 'cancel', reason });
  // This comes first, so that money for an order that a restore has opened again goes back, as before the restore.
  if (since) await attempt('canceled orders', () => cancelAgain({ pool, workflows, since, cancel, say }));

  await attempt('the ledger of the stock', async () => {
    for (const sku of await openLedgers(pool)) say(`sku ${sku}: its stock had no ledger, and has its opening row now`);
  });

  await attempt('the customers of orders', async () => {
    for (const orderId of await addMissingCustomers(pool)) {
      say(`order ${orderId}: its row had no customer, and has the customer of its checkout now`);
    }
  });

  const paid: { readonly paymentId: string; readonly orderId: string }[] = [];
  const refunds: { readonly paymentId: string; readonly orderId: string }[] = [];

  const assigned = await assignExistingOrders(pool);
  if (assigned > 0) say(`${assigned} unplaced payments: their orders exist now, and the payments are decided next`);
  const page = { minAgeMs: MIN_AGE_MS, limit: PAYMENTS };
  for (const { paymentId, orderId } of await unfinishedPayments(pool, 'received', page)) {
    await attempt(`payment ${paymentId}`, async () => {
      const { order, refund } = await settleOrder(pool, orderId, { kind: 'payment', paymentId }, { lateSales });
      say(`payment ${paymentId}: decided, order ${orderId} is ${order.status}${refund ? ', the money goes back' : ''}`);
      (refund === null ? paid : refunds).push({ paymentId, orderId });
    });
  }
  refunds.push(...(await unfinishedPayments(pool, 'refund_required', page)));

  const log = sayingLog(say);
  const endOverdue = createExpirySweep({
    pool,
    byMs: 0,
    now: Date.now,
    log,
    onEnded: (orderId, status) => say(`order ${orderId}: past its deadline, now ${status}; its stock was moved once`),
    // After a restore the provider sends the payments of these orders again.
    ...(since && { leftOut: workflows.paidAmong }),
  });
  await attempt('overdue orders', endOverdue);

  for (const [index, refund] of refunds.entries()) {
    const { paymentId } = refund;
    const outcome = await attempt(`payment ${paymentId}`, async () => {
      if ((await workflows.startRefund(refund)) !== 'started') return;
      say(`payment ${paymentId}: its refund was started; a running worker carries it out`);
    });
    if (outcome !== 'unavailable') continue;
    // Each further call would wait for the same time-out.
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
    },
    workflows,
    // The repair does not wait for messages: without a bridge no process handles them.
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
      // When the database is away, `ping` throws and ends the repair: each further item would wait for the same
      // time-out.
      if (isUnavailable(error)) await ping(pool);
      return isUnavailable(error) ? 'unavailable' : 'failed';
    }
  }
}

/** Prints the sweeps' log entries about single orders as lines. */
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
