import { EVENT_TYPES, type EventType } from './event.js';

/** An address of another system, which gets events by HTTP. */
export interface Endpoint {
  readonly endpointId: string;
  readonly url: string;
  /** Which events the endpoint gets: types such as `order.paid`, families such as `refund.*`, or `*` for all. */
  readonly events: readonly string[];
  readonly signature: SignatureKind;
  /** Of `v1a`: what receivers verify with. Of `v1` null: the one secret of both sides is shown once. */
  readonly publicKey: string | null;
  readonly state: 'active' | 'paused';
  /** Why the endpoint is paused, and since when; null while it is active. */
  readonly pausedReason: string | null;
  readonly pausedAt: Date | null;
  /** Since when no delivery has succeeded; null where the last one has. */
  readonly failingSince: Date | null;
  readonly lastFailure: string | null;
  readonly lastSuccessAt: Date | null;
  readonly createdAt: Date;
  /** The events that wait for their delivery. A larger number is counted as {@link MOST_COUNTED}. */
  readonly waiting: number;
}

export const MOST_COUNTED = 100_000;

/** `v1` signs with a secret that both sides know, `v1a` with a key whose public part is enough to verify. */
export const SIGNATURES = ['v1', 'v1a'] as const;
export type SignatureKind = (typeof SIGNATURES)[number];

/** A key that signs deliveries. Secret: `whsec_…` of `v1`, `whsk_…` of `v1a`. */
export interface SigningKey {
  readonly key: string;
  /** From then on the key signs no more. Null for the newest one. */
  readonly until: Date | null;
}

/** How long a failing endpoint, and a failing event, is retried. */
export const RETRIED_MS = 3 * 24 * 3_600_000;

/** How long an event that an endpoint has not taken is kept for it, where `EVENTS_KEPT` is shorter. */
export const HELD_MS = 30 * 24 * 3_600_000;

/** How long the key before signs beside the new one. */
export const ROTATION_MS = 24 * 3_600_000;
/** Each rotation within {@link ROTATION_MS} adds a signature to each delivery. */
export const MOST_KEYS = 4;

/** A `*` alone, a type, or the part of a type before its point with `.*`. */
export const isPattern = (text: string): boolean =>
  text === '*' || EVENT_TYPES.some((type) => type === text || text === `${type.split('.')[0]}.*`);

export const EXPECTED_EVENTS = `expected types of events, each one of ${EVENT_TYPES.join(', ')}, a family such as refund.*, or *`;

/** @returns the patterns of a text such as `order.paid,refund.*`; `undefined` where one of them fits no event */
export function toPatterns(text: string): readonly string[] | undefined {
  const patterns = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  return patterns.length > 0 && patterns.every(isPattern) ? patterns : undefined;
}

export const fits = (patterns: readonly string[], type: EventType): boolean =>
  patterns.some((pattern) => pattern === '*' || pattern === type || pattern === `${type.split('.')[0]}.*`);

/** What an operator asks for. */
export interface AskedEndpoint {
  readonly url: string;
  readonly events: readonly string[];
  readonly signature: SignatureKind;
  readonly by: string;
}

export type AddResult =
  /** `secret` is shown once; null for `v1a`, where receivers need the public key only. */
  | { readonly kind: 'added'; readonly endpoint: Endpoint; readonly secret: string | null }
  | { readonly kind: 'url-used'; readonly endpointId: string }
  | { readonly kind: 'url-refused'; readonly problem: string };

export type RotateResult =
  | {
      readonly kind: 'rotated';
      readonly endpoint: Endpoint;
      readonly secret: string | null;
      /** The key before signs until then. */
      readonly oldUntil: Date;
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'too-many'; readonly keys: number };

/** What an endpoint has answered to a test. */
export interface TestResult {
  readonly taken: boolean;
  readonly status: number | null;
  /** Why it was not taken. */
  readonly reason: string | null;
}
