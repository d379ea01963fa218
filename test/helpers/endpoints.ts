import type { ExecutionContext } from 'ava';
import { LEASE_MS, type ServeOptions, serveEndpoint } from '../../src/bridge/serve-endpoint.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { leaseEndpoints, releaseLease } from '../../src/db/endpoints/leases.js';
import type { Outcome, Results } from '../../src/db/endpoints/results.js';
import { fanOut } from '../../src/db/events/fan-out.js';
import { operateEndpoints } from '../../src/process/operate-endpoints.js';
import { createReceiver, type TestReceiver } from './receiver.js';

/** Adds the address as an endpoint of these events. @returns its id and its secret */
export async function addReceiver(
  pool: Pool,
  { url }: Pick<TestReceiver, 'url'>,
  events: readonly string[] = ['*'],
): Promise<{ readonly endpointId: string; readonly secret: string }> {
  const added = await operateEndpoints(pool, { allowPrivate: true }).add({
    url,
    events,
    signature: 'v1',
    by: 'a test',
  });
  if (added.kind !== 'added') throw new Error(`not added: ${JSON.stringify(added)}`);
  return { endpointId: added.endpoint.endpointId, secret: added.secret ?? '' };
}

export async function endpointWith(
  t: ExecutionContext,
  pool: Pool,
  events?: readonly string[],
): Promise<TestReceiver & { readonly endpointId: string; readonly secret: string }> {
  const receiver = await createReceiver(t);
  // The receiver itself, since its answer changes.
  return Object.assign(receiver, await addReceiver(pool, receiver, events));
}

export interface Served {
  readonly results: Results;
  readonly outcome: Outcome;
}

/** Gives all new events to the endpoints, and serves each endpoint that is due once, as a bridge does. */
export async function serveOnce(pool: Pool, options: Partial<ServeOptions> = {}): Promise<Served[]> {
  const { by = 'a-bridge' } = options;
  while ((await fanOut(pool)) > 0);
  const served: Served[] = [];
  const ids = await leaseEndpoints(pool, { by, forMs: LEASE_MS, most: 20 });
  await Promise.all(
    ids.map(async (id) => {
      await serveEndpoint(id, {
        pool,
        by,
        allowPrivate: true,
        signal: new AbortController().signal,
        onResults: (_id, results, outcome) => served.push({ results, outcome }),
        ...options,
      });
      await releaseLease(pool, id, by);
    }),
  );
  return served;
}

/** Ends all pauses, as if their time had passed. */
export async function skipPauses(pool: Pool): Promise<void> {
  await pool.query('UPDATE endpoints SET retry_at = NULL');
  await pool.query("UPDATE event_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE state = 'waiting'");
}
