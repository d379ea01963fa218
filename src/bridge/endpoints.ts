import { randomUUID } from 'node:crypto';
import type { Pool } from '../db/driver/pool.js';
import { countEndpoints } from '../db/endpoints/count-endpoints.js';
import { leaseEndpoints, releaseLease } from '../db/endpoints/leases.js';
import { deleteRemoved } from '../db/endpoints/removed-endpoints.js';
import type { Outcome, Results } from '../db/endpoints/results.js';
import { fanOut } from '../db/events/fan-out.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { createMetrics } from '../process/metrics.js';
import { type Sweep, startSweep } from '../process/sweep.js';
import { LEASE_MS, type ServeOptions, serveEndpoint } from './serve-endpoint.js';
import { untilNone } from './until-none.js';

/** Endpoints that one bridge serves at the same time. A rule of thumb. */
const SERVED_AT_ONCE = 20;

/** Gives the events to the endpoints, delivers them, and measures what waits. Needs neither RabbitMQ nor Temporal. */
export function startEndpointSweeps(
  deps: Pick<ServeOptions, 'pool' | 'allowPrivate' | 'answerLimitMs' | 'retriedMs'> & {
    /** Each batch of the fan-out waits for this first. */
    readonly standBack: (signal: AbortSignal) => Promise<void>;
    readonly metrics: ReturnType<typeof createMetrics>;
    readonly log: Log;
  },
): Sweep[] {
  const { pool, standBack, metrics, log } = deps;
  return [
    startSweep('fan-out', 250, log, (signal) =>
      untilNone(signal, async () => {
        await standBack(signal);
        return await fanOut(pool);
      }),
    ),
    startServing({ ...deps, onResults: createResultLog({ metrics, log }) }),
    startSweep('removed endpoints', 10_000, log, (signal) => untilNone(signal, () => deleteRemoved(pool))),
    startEndpointWatch(deps),
  ];
}

/** Serves each endpoint on its own: a slow one delays no other. */
function startServing(deps: Omit<ServeOptions, 'by' | 'signal'> & { readonly log: Log }): Sweep {
  const { pool, log } = deps;
  const by = randomUUID();
  const stopping = new AbortController();
  const serving = new Map<string, Promise<void>>();

  async function serve(endpointId: string): Promise<void> {
    try {
      await serveEndpoint(endpointId, { ...deps, by, signal: stopping.signal });
      await releaseLease(pool, endpointId, by);
    } catch (error) {
      // The lease ends by itself.
      log[isUnavailable(error) ? 'warn' : 'error'](
        { endpointId, reason: messageOf(error) },
        'endpoint not served, will be tried again',
      );
    } finally {
      serving.delete(endpointId);
    }
  }

  const sweep = startSweep('endpoints', 250, log, async () => {
    const most = SERVED_AT_ONCE - serving.size;
    for (const id of await leaseEndpoints(pool, { by, forMs: LEASE_MS, most })) {
      // Not after the stop, and not a second time where a lease has ended during a delivery.
      if (!stopping.signal.aborted && !serving.has(id)) serving.set(id, serve(id));
    }
  });
  return {
    async stop() {
      stopping.abort();
      await sweep.stop();
      await Promise.all(serving.values());
    },
  };
}

/** Counts the deliveries, and logs what a person must know. The address is not logged: it may hold a token. */
function createResultLog({
  metrics,
  log,
}: {
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): ServeOptions['onResults'] {
  return (endpointId: string, { taken, failed }: Results, { paused, isFailingNow, givenUp }: Outcome) => {
    metrics.endpointDeliveries.inc({ result: 'taken' }, taken.length);
    metrics.endpointDeliveries.inc({ result: 'failed' }, failed.length);
    metrics.endpointDeliveries.inc({ result: 'given-up' }, givenUp);
    const reason = failed[0]?.reason;
    if (isFailingNow) log.warn({ endpointId, reason }, 'endpoint takes no event, will be tried again');
    if (givenUp > 0)
      log.error({ endpointId, count: givenUp, reason }, 'events were not taken for three days, given up');
    if (paused !== undefined) {
      log.error({ endpointId, reason: paused }, 'endpoint is paused, a person has to resume it: orders endpoints list');
    }
  };
}

function startEndpointWatch({
  pool,
  metrics,
  log,
}: {
  readonly pool: Pool;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly log: Log;
}): Sweep {
  let counted = { active: 0, failing: 0, paused: 0, waiting: 0 };
  metrics.gauge('orders_endpoints_active', 'endpoints that get events', () => counted.active);
  metrics.gauge('orders_endpoints_failing', 'active endpoints whose last deliveries failed', () => counted.failing);
  metrics.gauge(
    'orders_endpoints_paused',
    'endpoints that get no event until a person resumes them',
    () => counted.paused,
  );
  metrics.gauge('orders_endpoint_events_waiting', 'events that active endpoints have not taken', () => counted.waiting);
  return startSweep('endpoint watch', 5_000, log, async () => {
    counted = await countEndpoints(pool);
  });
}
