import type { Pool } from '../db/driver/pool.js';
import { findEndpoint } from '../db/endpoints/endpoints.js';
import { listEvents } from '../db/events/event-list.js';
import { positionsOf, replayToBroker, replayToEndpoint } from '../db/events/replay.js';
import { fits } from '../domain/endpoint.js';
import type {
  EventFilters,
  EventPage,
  EventRecord,
  Replay,
  ReplayOptions,
  ReplayResult,
} from '../domain/event-filters.js';

/** What operators do with events, by a command or by a route. Each throws `dependency-unavailable` in an outage. */
export interface EventOperations {
  /** A page, the newest first. It may have fewer events than `limit`, or none, while `next` is a number. */
  readonly list: (
    filters: EventFilters,
    page: { readonly before?: number | undefined; readonly limit: number },
  ) => Promise<EventPage>;
  /** Sends events again, the oldest first. Nothing is sent where the endpoint or one of the ids is unknown. */
  readonly replay: (replay: Replay, options: ReplayOptions) => Promise<ReplayResult>;
}

/** So many events are replayed by one statement. */
const BATCH = 1_000;

export function operateEvents(pool: Pool): EventOperations {
  async function replay(asked: Replay, { dryRun, batches, signal }: ReplayOptions): Promise<ReplayResult> {
    const { ids, to } = asked;
    const endpoint = to === undefined ? undefined : await findEndpoint(pool, to);
    if (to !== undefined && endpoint === undefined) return { kind: 'unknown-endpoint', endpointId: to };
    const unknown = await unknownOf(pool, ids);
    if (unknown.length > 0) return { kind: 'unknown-events', ids: unknown };
    let [replayed, read, rest]: [number, number, number | undefined] = [0, 0, asked.after];
    for await (const { batch, next } of batchesOf(pool, asked)) {
      if (signal?.aborted) break;
      // Those that were named are sent whatever the endpoint gets otherwise.
      const wanted = batch.filter(({ type }) => type === undefined || !endpoint || fits(endpoint.events, type));
      const positions = wanted.map(({ position }) => position);
      if (!dryRun && to !== undefined) await replayToEndpoint(pool, to, positions);
      if (!dryRun && to === undefined) await replayToBroker(pool, positions);
      replayed += positions.length;
      rest = next;
      if (++read === batches) break;
    }
    return { kind: 'replayed', replayed, endpoint, next: rest };
  }

  return {
    list: (filters, { before, limit }) => listEvents(pool, filters, { from: before, limit }),
    replay,
  };
}

async function unknownOf(pool: Pool, ids: readonly string[]): Promise<readonly string[]> {
  const known = new Set((await positionsOf(pool, ids)).map(({ eventId }) => eventId));
  return ids.filter((id) => !known.has(id));
}

/** The oldest first, so that the events of an order keep their order. */
async function* batchesOf(
  pool: Pool,
  { ids, filters, after }: Replay,
): AsyncGenerator<{
  readonly batch: readonly { readonly position: number; readonly type?: EventRecord['type'] }[];
  readonly next: number | undefined;
}> {
  if (ids.length > 0) {
    const batch = (await positionsOf(pool, ids)).map(({ position }) => ({ position }));
    return yield { batch, next: undefined };
  }
  let from = after;
  do {
    const { events, next } = await listEvents(pool, filters, { from, limit: BATCH, oldestFirst: true });
    yield { batch: events, next };
    from = next;
  } while (from !== undefined);
}
