import type { Pool } from '../db/driver/pool.js';
import { countWaitingForPerson, placeArrived } from '../db/payments/kept-payments.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';

/** Counts the payments that wait for a person, and assigns a kept payment to its order when the order exists by now. */
export function startKeptPayments(deps: {
  readonly pool: Pool;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep {
  const { pool, metrics, log } = deps;
  let waiting = { unplaced: 0, refundFailed: 0 };
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
  return startSweep('kept payments', 10_000, log, async () => {
    const placed = await placeArrived(pool);
    metrics.swept.inc({ what: 'unplaced' }, placed);
    if (placed > 0) log.info({ count: placed }, 'the orders of kept payments exist now');
    waiting = await countWaitingForPerson(pool);
  });
}
