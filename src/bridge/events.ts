import type { Pool } from '../db/driver/pool.js';
import { countUndelivered } from '../db/events/count-undelivered.js';
import { deliverOldest } from '../db/events/delivery.js';
import { fanOut } from '../db/events/fan-out.js';
import { deleteOldEvents, type LastOld } from '../db/events/old-events.js';
import type { DeliverEvents } from '../domain/event.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';
import { untilNone } from './until-none.js';

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
        // Otherwise events would wait for the next turn of the fan-out first.
        await fanOut(pool);
        const delivered = await deliverOldest(pool, deliver);
        metrics.delivered.inc(delivered);
        return delivered;
      }),
    ),
    startSweep('old events', 60_000, log, (signal) => deleteAllOld(pool, keptMs, signal)),
    startSweep('undelivered events', 2_000, log, async () => {
      undelivered = await countUndelivered(pool);
    }),
  ];
}

async function deleteAllOld(pool: Pool, keptMs: number, signal: AbortSignal): Promise<void> {
  let after: LastOld | undefined;
  do {
    after = (await deleteOldEvents(pool, keptMs, { after })).last;
  } while (after !== undefined && !signal.aborted);
}
