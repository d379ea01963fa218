import type { Pool } from '../db/driver/pool.js';
import { assignExistingOrders, countWaitingForPerson } from '../db/payments/unplaced-payments.js';
import { countOpenDisputes } from '../db/reports/disputes.js';
import { applyWaitingReports } from '../db/reports/waiting-reports.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';

/** Counts the payments that wait for a person, and gives an unplaced payment its order when the order exists by now. */
export function startUnplacedPayments(deps: {
  readonly pool: Pool;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep {
  const { pool, metrics, log } = deps;
  let waiting = { unplaced: 0, refundFailed: 0 };
  let disputes = 0;
  metrics.gauge(
    'orders_payments_unplaced',
    'payments for orders that are not known, kept for a person',
    () => waiting.unplaced,
  );
  metrics.gauge(
    'orders_refunds_failed',
    'refunds that can never succeed and wait for a person',
    () => waiting.refundFailed,
  );
  metrics.gauge('orders_disputes_open', 'disputes that a person answers at the provider', () => disputes);
  return startSweep('kept payments', 10_000, log, async () => {
    const assigned = await assignExistingOrders(pool);
    metrics.swept.inc({ what: 'unplaced' }, assigned);
    if (assigned > 0) log.info({ count: assigned }, 'the orders of kept payments exist now');
    const applied = await applyWaitingReports(pool);
    metrics.swept.inc({ what: 'provider-reports' }, applied);
    if (applied > 0) log.info({ count: applied }, 'refunds and disputes were kept, and their payments are known now');
    waiting = await countWaitingForPerson(pool);
    disputes = await countOpenDisputes(pool);
  });
}
