import type { Pool } from '../db/driver/pool.js';
import { countUndelivered } from '../db/events/count-undelivered.js';
import { deliverOldest } from '../db/events/delivery.js';
import { deleteOldEvents } from '../db/events/old-events.js';
import type { DeliverEvents } from '../domain/event.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';

/** Delivers the events to the broker, deletes those that were delivered long ago, and measures what waits. */
export function startEventSweeps(deps: {
  readonly pool: Pool;
  readonly deliver: DeliverEvents;
  /** Each batch waits for this first. */
  readonly standBack: (signal: AbortSignal) => Promise<void>;
  /** How long a delivered event is kept, in milliseconds. */
  readonly keptMs: number;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep[] {
  const { pool, deliver, standBack, keptMs, metrics, log } = deps;
  let undelivered = { count: 0, oldestSeconds: 0 };
  metrics.gauge('orders_events_undelivered', 'events that the broker has not confirmed', () => undelivered.count);
  const oldest = () => undelivered.oldestSeconds;
  metrics.gauge('orders_events_undelivered_oldest_seconds', 'age in seconds of the oldest undelivered event', oldest);

  return [
    startSweep('events', 500, log, (signal) =>
      untilNone(signal, async () => {
        await standBack(signal);
        const delivered = await deliverOldest(pool, deliver);
        metrics.delivered.inc(delivered);
        return delivered;
      }),
    ),
    startSweep('old events', 60_000, log, (signal) => untilNone(signal, () => deleteOldEvents(pool, keptMs))),
    startSweep('undelivered events', 2_000, log, async () => {
      undelivered = await countUndelivered(pool);
    }),
  ];
}

/** One batch after the other, until one of them has done nothing. */
async function untilNone(signal: AbortSignal, batch: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await batch()) > 0);
}
