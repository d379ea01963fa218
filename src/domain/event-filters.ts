import type { Endpoint } from './endpoint.js';
import type { EventType } from './event.js';

/** Which events a list or a replay has: those that fit all of the filters. */
export interface EventFilters {
  readonly types?: readonly EventType[] | undefined;
  readonly orderId?: string | undefined;
  /** It happened at this time or later. */
  readonly since?: Date | undefined;
  /** It happened before this time. */
  readonly until?: Date | undefined;
  /** Those that were for this endpoint. */
  readonly endpointId?: string | undefined;
  /** Those that the endpoint has not taken; without an endpoint, those that RabbitMQ has not confirmed. */
  readonly undelivered?: boolean | undefined;
}

/** An event, and what became of it. */
export interface EventRecord {
  readonly eventId: string;
  readonly type: EventType;
  readonly subject: string;
  readonly sequence: number | null;
  readonly occurredAt: Date;
  /** When RabbitMQ has confirmed it; null until then. */
  readonly deliveredAt: Date | null;
  /** Of the endpoint of the list. */
  readonly delivery: { readonly state: string; readonly attempts: number; readonly lastFailure: string | null } | null;
  /** Orders the events by their age in the database: the `before` of the next page. */
  readonly position: number;
}

export interface EventPage {
  readonly events: readonly EventRecord[];
  /** Where the next page begins; `undefined` at the end. */
  readonly next: number | undefined;
}

/** As many ids as a replay may name: one statement has them all. */
export const MOST_IDS = 1_000;

/** Events that are to be sent again: those with these ids, or, without ids, those that fit the filters. */
export interface Replay {
  readonly ids: readonly string[];
  readonly filters: EventFilters;
  /** An endpoint; RabbitMQ, if not given. */
  readonly to?: string | undefined;
  /** Of a selection, those behind this position: `next` of the replay before. */
  readonly after?: number | undefined;
}

export interface ReplayOptions {
  /** Counts, and changes nothing. */
  readonly dryRun: boolean;
  /** At most so many batches of events are read; all of them, if not given. */
  readonly batches?: number | undefined;
  /** Ends the replay behind the batch that is written. */
  readonly signal?: AbortSignal | undefined;
}

export type ReplayResult =
  /** `endpoint`: the one that gets them; `undefined` for RabbitMQ. `next`: where the rest begins, if there may be any. */
  | {
      readonly kind: 'replayed';
      readonly replayed: number;
      readonly endpoint: Endpoint | undefined;
      readonly next: number | undefined;
    }
  | { readonly kind: 'unknown-endpoint'; readonly endpointId: string }
  | { readonly kind: 'unknown-events'; readonly ids: readonly string[] };
