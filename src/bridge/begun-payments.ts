import type { Pool } from '../db/driver/pool.js';
import type { Settlements } from '../db/orders/settlements.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import type { Log } from '../domain/log.js';
import { createBegunPayments } from '../process/begun-payments.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';
import type { Reports } from '../temporal/reports.js';

/** Asks the providers about the payments that were begun here, and closes those that are not to be paid any more. */
export function startBegunPayments(deps: {
  readonly pool: Pool;
  readonly providers: readonly ProviderWithDesk[];
  readonly settlements: Settlements;
  readonly reports: Reports;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep {
  const { settlements, reports, metrics, log } = deps;
  const begun = createBegunPayments({
    ...deps,
    async receive(event) {
      const { paymentId } = await settlements.receive(event);
      if (paymentId !== undefined) reports.payment(paymentId);
    },
  });
  return startSweep('begun payments', 1_000, log, async (signal) => {
    metrics.swept.inc({ what: 'begun-payments' }, await begun.sweep(signal));
  });
}
