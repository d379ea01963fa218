import { forgetMove, type MovedDeadline, movedDeadlines } from '../db/deadlines/moved.js';
import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { createReported, type DueReport, dueReports } from '../db/orders/reports-due.js';
import { findPayment } from '../db/payments/payments.js';
import type { Log } from '../domain/log.js';
import type { OrderView } from '../domain/order.js';
import { createDeadlinesSweep } from '../temporal/deadlines-sweep.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';
import { createPaymentDelivery } from '../temporal/payment-delivery.js';
import { createReports, type Reports } from '../temporal/reports.js';
import { createReportsSweep } from '../temporal/reports-sweep.js';

/** The reports of the orders' ends, from the rows of MySQL to the workflows of Temporal. */
interface OrderReportsDeps {
  readonly pool: Pool;
  readonly workflows: OrderWorkflows;
  readonly log: Log;
}

/** An end is reported after its settlement; the sweep reports an end that is older. A rule of thumb. */
const LOST_AFTER_MS = 5_000;
/** So many ends are reported in one turn, some ten seconds of Temporal's work on two cores. */
const REPORTS_AT_ONCE = 300;

/** @returns a look-up of an order as its customer sees the order; the look-up throws `dependency-unavailable` */
export const createViewOf =
  (pool: Pool) =>
  async (orderId: string): Promise<OrderView | undefined> =>
    (await findOrder(pool, orderId))?.view;

/** The reports that a process sends after its own settlements. */
export function createOrderReports({ pool, workflows, log }: OrderReportsDeps): Reports {
  const viewOf = createViewOf(pool);
  return createReports({
    workflows,
    deliver: createPaymentDelivery({ workflows, findOrder: viewOf }),
    findOrder: viewOf,
    findPayment: (paymentId) => findPayment(pool, paymentId),
    reported: createReported(pool),
    forgetMove: (move) => forgetMove(pool, move),
    log,
  });
}

/** The sweep that repeats the lost reports of all processes. */
export const createOrderReportsSweep = ({ pool, workflows, log }: OrderReportsDeps) =>
  createReportsSweep({
    due: (after?: DueReport) => dueReports(pool, { minAgeMs: LOST_AFTER_MS, limit: REPORTS_AT_ONCE, after }),
    pageSize: REPORTS_AT_ONCE,
    workflows,
    findOrder: createViewOf(pool),
    reported: createReported(pool),
    now: Date.now,
    log,
  });

/** The sweep that repeats the lost reports of moved deadlines. */
export const createMovedDeadlinesSweep = ({ pool, workflows, log }: OrderReportsDeps) =>
  createDeadlinesSweep({
    moved: (after?: MovedDeadline) => movedDeadlines(pool, { minAgeMs: LOST_AFTER_MS, limit: REPORTS_AT_ONCE, after }),
    pageSize: REPORTS_AT_ONCE,
    workflows,
    forgetMove: (move) => forgetMove(pool, move),
    now: Date.now,
    log,
  });
