import type { RowDataPacket } from 'mysql2/promise';
import type { Endpoint, SignatureKind, SigningKey } from '../../domain/endpoint.js';

/** The columns of an endpoint that may be shown. The keys are not among them. */
export const endpointColumns = `endpoint_id, url, event_types, signature, public_key, state, paused_reason, paused_at,
  failing_since, last_failure, last_success_at, created_at`;

export interface EndpointRow extends RowDataPacket {
  readonly endpoint_id: string;
  readonly url: string;
  readonly event_types: string;
  readonly signature: SignatureKind;
  readonly public_key: string | null;
  readonly state: 'active' | 'paused';
  readonly paused_reason: string | null;
  readonly paused_at: Date | null;
  readonly failing_since: Date | null;
  readonly last_failure: string | null;
  readonly last_success_at: Date | null;
  readonly created_at: Date;
}

export const toEndpoint = (row: EndpointRow, waiting: number): Endpoint => ({
  endpointId: row.endpoint_id,
  url: row.url,
  events: patternsIn(row.event_types),
  signature: row.signature,
  publicKey: row.public_key,
  state: row.state,
  pausedReason: row.paused_reason,
  pausedAt: row.paused_at,
  failingSince: row.failing_since,
  lastFailure: row.last_failure,
  lastSuccessAt: row.last_success_at,
  createdAt: row.created_at,
  waiting,
});

/** The column `event_types`. */
export const patternsIn = (text: string): readonly string[] => text.split(',');

/** The column `signing_keys`: the newest key first. */
export const keysIn = (json: string): readonly SigningKey[] =>
  (JSON.parse(json) as { key: string; until: string | null }[]).map(({ key, until }) => ({
    key,
    until: until === null ? null : new Date(until),
  }));

/** Those that sign at this moment. */
export const signingAt = (keys: readonly SigningKey[], now: Date): readonly SigningKey[] =>
  keys.filter(({ until }) => until === null || until > now);
