import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { CancelReason, OrderView } from '../domain/order.js';
import { createRecent } from '../domain/recent.js';
import type { OrderWorkflows } from './order-workflows.js';
import { type DeliverPayment, isFresh } from './payment-delivery.js';
import { type DeliverablePayment, standingOfEnded } from './standing.js';

/** So many reports are under way in one process at most. */
const AT_ONCE = 100;
/** Temporal takes so many reports within some seconds. A rule of thumb. */
const MOST_WAITING = 1_000;

export interface Reports {
  readonly payment: (paymentId: string) => void;
  readonly cancel: (orderId: string, reason: CancelReason) => void;
  readonly deadline: (orderId: string, expiresAt: Date) => void;
  /** Drops the reports that wait, and resolves when no report is under way. */
  readonly idle: () => Promise<unknown>;
}

/**
 * Reports what the database has decided to the workflows of the orders, in the background, so that Temporal shows an
 * order's end, and its deadline, at once. A report that fails or is dropped changes no decision. A sweep of the bridge
 * repeats the report, and starts an owed refund.
 */
export function createReports(deps: {
  readonly workflows: Pick<OrderWorkflows, 'requestCancel' | 'reportDeadline'>;
  readonly deliver: DeliverPayment;
  readonly findOrder: (orderId: string) => Promise<OrderView | undefined>;
  readonly findPayment: (paymentId: string) => Promise<DeliverablePayment | undefined>;
  /** Marks the report of an order as done. */
  readonly reported: (orderId: string) => Promise<void>;
  /** Marks the report of a deadline as done. */
  readonly forgetMove: (move: { readonly orderId: string; readonly expiresAt: Date }) => Promise<void>;
  readonly log: Log;
}): Reports {
  const reporting = new Set<Promise<void>>();
  const waiting: (() => Promise<void>)[] = [];
  // Several events may name one payment, and a customer may repeat a cancel: each report is an event in a history.
  const recent = createRecent({ forMs: 60_000, most: 10_000, now: Date.now });

  function inBackground(key: string, fields: object, report: () => Promise<unknown>): void {
    if (waiting.length >= MOST_WAITING || recent.has(key)) return;
    recent.add(key);
    waiting.push(async () => {
      try {
        await report();
      } catch (error) {
        deps.log.warn({ ...fields, reason: messageOf(error) }, 'decided, and not reported to Temporal');
      }
    });
    startNext();
  }

  function startNext(): void {
    const next = reporting.size < AT_ONCE ? waiting.shift() : undefined;
    if (next === undefined) return;
    const running = next().finally(() => {
      reporting.delete(running);
      startNext();
    });
    reporting.add(running);
  }

  return {
    payment: (paymentId) =>
      inBackground(`payment ${paymentId}`, { paymentId }, async () => {
        const payment = await deps.findPayment(paymentId);
        if (payment === undefined) return;
        if (await deps.deliver(payment)) await deps.reported(payment.orderId);
      }),
    cancel: (orderId, reason) =>
      inBackground(`cancel ${orderId}`, { orderId }, async () => {
        const order = await deps.findOrder(orderId);
        if (order === undefined || !isFresh(order)) return;
        await deps.workflows.requestCancel(order, { reason, ...standingOfEnded(order, null) });
        await deps.reported(orderId);
      }),
    deadline: (orderId, expiresAt) =>
      inBackground(`deadline ${orderId} ${expiresAt.getTime()}`, { orderId }, async () => {
        await deps.workflows.reportDeadline(orderId, { expiresAt: expiresAt.toISOString() });
        await deps.forgetMove({ orderId, expiresAt });
      }),
    idle() {
      waiting.length = 0;
      return Promise.all(reporting);
    },
  };
}
