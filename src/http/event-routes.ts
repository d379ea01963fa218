import type { Request, Response } from 'express';
import type { EventFilters, EventPage, Replay, ReplayOptions, ReplayResult } from '../domain/event-filters.js';
import { readJson, validate } from './body.js';
import { eventListQuery, replayBody } from './event-schemas.js';
import { fieldError, invalid, type Problem } from './problem.js';
import { validateQuery } from './query.js';

/** What the routes for events do. */
export interface EventDeps {
  readonly events: {
    readonly list: (
      filters: EventFilters,
      page: { readonly before?: number | undefined; readonly limit: number },
    ) => Promise<EventPage>;
    readonly replay: (replay: Replay, options: ReplayOptions) => Promise<ReplayResult>;
  };
}

/** `GET /events`, for operators. */
export function listEventsRoute({ events }: EventDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const { type: types, order, since, until, endpoint, undelivered, ...page } = validateQuery(eventListQuery, request);
    const filters = { types, orderId: order, since, until, endpointId: endpoint, undelivered };
    const { events: found, next = null } = await events.list(filters, page);
    response.json({ events: found, next });
  };
}

/** A batch takes a fraction of a second, and has at most a thousand events. So an answer comes within seconds. */
const BATCHES = 10;

/**
 * `POST /events/replay`, which answers when its events wait to be sent: a bridge sends them. A replay whose client has gone
 * ends behind its batch.
 */
export function replayEventsRoute({ events }: EventDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const asked = validate(replayBody, readJson(request.body));
    const { ids = [], type: types, order, since, until, undelivered, endpoint: to, after, dryRun = false } = asked;
    const endpointId = undelivered ? to : undefined;
    const filters = { types, orderId: order, since, until, undelivered, endpointId };
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const replay = { ids: [...new Set(ids)], filters, to, after };
    const result = await events.replay(replay, { dryRun, batches: BATCHES, signal: gone.signal });
    if (result.kind !== 'replayed') throw replayRefusal(result);
    const { replayed, next = null } = result;
    response.json({ dryRun, replayed, to: to ?? 'rabbitmq', next });
  };
}

/** So many ids are named. */
const SHOWN = 5;

export function replayRefusal(result: Exclude<ReplayResult, { kind: 'replayed' }>): Problem {
  if (result.kind === 'unknown-endpoint')
    return invalid([fieldError(['endpoint'], 'expected the id of an endpoint that exists')]);
  const { ids } = result;
  const more = ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : '';
  return invalid([
    fieldError(['ids'], `expected ids of events that exist, not ${ids.slice(0, SHOWN).join(', ')}${more}`),
  ]);
}
