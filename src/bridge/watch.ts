import type { Pool } from '../db/driver/pool.js';
import { OVERDUE_MS } from '../db/orders/expiry-sweep.js';
import { countOverdue } from '../db/orders/open-orders.js';
import { countDueReports } from '../db/orders/reports-due.js';
import { type StockDiscrepancy, unresolvedDiscrepancies } from '../db/orders/stock-discrepancies.js';
import { countOwedRefunds } from '../db/payments/owed-refunds.js';
import { countUndecidedPayments } from '../db/payments/undecided-payments.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';

/** At most so many discrepancies are logged; the metric counts all of them. A rule of thumb. */
const NAMED_AT_ONCE = 100;

/** Metrics of the work that may wait for a person, for alerts. Stock that could not be moved is logged too. */
export function startBridgeWatch(deps: {
  readonly pool: Pool;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep[] {
  const { pool, metrics, log } = deps;
  const none = { count: 0, oldestSeconds: 0 };
  let [overdue, owed, undecided, reports, discrepancies] = [none, none, none, none, 0];
  metrics.gauge('orders_overdue', 'orders past their deadline that nothing has ended', () => overdue.count);
  const oldestOverdue = () => overdue.oldestSeconds;
  metrics.gauge('orders_overdue_oldest_seconds', 'seconds since the oldest overdue deadline', oldestOverdue);
  metrics.gauge('orders_refunds_owed', 'payments that are to go back and have not yet', () => owed.count);
  const oldestOwed = () => owed.oldestSeconds;
  metrics.gauge('orders_refunds_owed_oldest_seconds', 'age in seconds of the oldest owed refund', oldestOwed);
  metrics.gauge('orders_payments_undecided', 'payments that are stored and not decided', () => undecided.count);
  const oldestUndecided = () => undecided.oldestSeconds;
  metrics.gauge(
    'orders_payments_undecided_oldest_seconds',
    'age in seconds of the oldest undecided payment',
    oldestUndecided,
  );
  metrics.gauge('orders_reports_due', 'ended orders whose workflow has no report of the end', () => reports.count);
  const oldestReport = () => reports.oldestSeconds;
  metrics.gauge('orders_reports_due_oldest_seconds', 'seconds since the oldest end without a report', oldestReport);
  metrics.gauge('orders_stock_discrepancies', 'stock that a settlement could not move', () => discrepancies);

  const logNew = createDiscrepancyLog(log);
  return [
    startSweep('overdue orders', 2_000, log, async () => {
      overdue = await countOverdue(pool, { byMs: OVERDUE_MS });
    }),
    startSweep('refunds owed', 2_000, log, async () => {
      owed = await countOwedRefunds(pool);
    }),
    startSweep('payments undecided', 2_000, log, async () => {
      undecided = await countUndecidedPayments(pool);
    }),
    startSweep('reports due', 2_000, log, async () => {
      reports = await countDueReports(pool);
    }),
    startSweep('stock discrepancies', 5_000, log, async () => {
      const { count, newest } = await unresolvedDiscrepancies(pool, { limit: NAMED_AT_ONCE });
      discrepancies = count;
      logNew(newest);
    }),
  ];
}

/** Logs each discrepancy once in a process: the row stays until a person resolves the discrepancy. */
function createDiscrepancyLog(log: Log): (found: readonly StockDiscrepancy[]) => void {
  let logged = new Set<string>();
  return (found) => {
    const keyed = found.map((discrepancy) => [`${discrepancy.orderId} ${discrepancy.sku}`, discrepancy] as const);
    for (const [key, discrepancy] of keyed) {
      if (!logged.has(key)) log.error({ ...discrepancy }, 'stock of a settled order could not be moved');
    }
    logged = new Set(keyed.map(([key]) => key));
  };
}
