import { type CountedCaptures, countOpenCaptures, type OpenCapture, owedCaptures } from '../db/authorisations/owed.js';
import type { Pool } from '../db/driver/pool.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';
import type { OrderWorkflows } from '../temporal/order-workflows.js';
import { createOwedStarts } from '../temporal/owed-starts.js';

/** Starts the captures of authorisations that have paid their orders, and counts those that are owed or refused. */
export function startCaptures(deps: {
  readonly pool: Pool;
  readonly workflows: Pick<OrderWorkflows, 'startCapture'>;
  /** So many of one turn; the next turn continues behind them. */
  readonly pageSize: number;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep[] {
  const { pool, workflows, pageSize, metrics, log } = deps;
  let open: CountedCaptures = { owed: 0, oldestSeconds: 0, failed: 0 };
  metrics.gauge('orders_captures_owed', 'authorisations that have paid and are not captured yet', () => open.owed);
  metrics.gauge(
    'orders_captures_owed_oldest_seconds',
    'age in seconds of the oldest owed capture',
    () => open.oldestSeconds,
  );
  metrics.gauge(
    'orders_captures_failed',
    'captures of paid orders that can never succeed and wait for a person',
    () => open.failed,
  );
  const start = createOwedStarts<OpenCapture>({
    what: 'capture',
    keyOf: ({ paymentId, attempt }) => `${paymentId} ${attempt}`,
    read: (after) => owedCaptures(pool, { limit: pageSize, after }),
    pageSize,
    start: workflows.startCapture,
    now: Date.now,
    log,
  });
  return [
    startSweep('captures', 2_000, log, async (signal) => {
      metrics.swept.inc({ what: 'captures' }, await start(signal));
    }),
    startSweep('captures owed', 2_000, log, async () => {
      open = await countOpenCaptures(pool);
    }),
  ];
}
