/** When the money of a payment is taken: as the customer pays, or after the order was settled by the authorisation. */
export const CAPTURE_AT = ['at-once', 'at-settlement'] as const;
export type CaptureAt = (typeof CAPTURE_AT)[number];

/**
 * `authorised`: the provider holds the money. `failed`: the capture can never succeed. `closed`: a person has ended the
 * authorisation by hand.
 */
export type AuthorisationState = 'authorised' | 'captured' | 'voided' | 'failed' | 'closed';

/** A capture to make. `amount` is in minor units. `key` is the same at every try of one attempt. */
export interface CaptureOrder {
  readonly key: string;
  /** The provider's own id. */
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
}

export type VoidOrder = CaptureOrder;

/** `captured` is the amount that the provider has taken. `refused` says why the money can never be had this way. */
export type CaptureOutcome =
  | { readonly captured: number; readonly refused?: never }
  | { readonly refused: string; readonly captured?: never };

/** `captured`: the money was taken before, such as by a person in the dashboard, and is to be refunded. */
export type VoidOutcome =
  | CaptureOutcome
  | { readonly voided: true; readonly captured?: never; readonly refused?: never };

/**
 * The part of a provider that takes or releases the money that it holds. A second call of each returns what the first one
 * did, also under another key: an authorisation is captured once, or voided once.
 *
 * @throws {DomainError} `dependency-unavailable` when another try may succeed
 */
export interface Captures {
  capture(order: CaptureOrder): Promise<CaptureOutcome>;
  void(order: VoidOrder): Promise<VoidOutcome>;
}

/** @param attempt how often a person has asked for the capture again after a refusal */
export const captureKey = (paymentId: string, attempt = 0): string =>
  attempt === 0 ? `capture:${paymentId}` : `capture:${paymentId}:${attempt}`;

/** @param attempt how often a person has asked for the refund again, in whose place the void is */
export const voidKey = (paymentId: string, attempt = 0): string =>
  attempt === 0 ? `void:${paymentId}` : `void:${paymentId}:${attempt}`;

/** Whether the provider still holds all of the money of a payment, or has released it: nothing can be refunded. */
export const isUncaptured = ({
  amount,
  uncapturedAmount = 0,
}: {
  readonly amount: number;
  readonly uncapturedAmount?: number;
}): boolean => uncapturedAmount > 0 && uncapturedAmount === amount;
