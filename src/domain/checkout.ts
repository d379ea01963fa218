import type { Allocation, RequestedLine } from './allocation.js';
import type { UnpayableAmount } from './checkout-limits.js';
import type { HoardingRefusal } from './hoarding.js';
import type { IdempotencyKey } from './idempotency-key.js';
import type { Order } from './order.js';

/** One customer's wish to buy, validated and not yet decided. `lines` are merged and in lock order. */
export interface CheckoutRequest extends IdempotencyKey {
  readonly orderId: string;
  readonly userId: number;
  /** SHA-256 of what was asked for: tells a repetition from another request under the same key. */
  readonly fingerprint: Buffer;
  readonly lines: readonly RequestedLine[];
  readonly readToken: string;
  readonly traceparent: string;
}

/** What is durable of a checkout, and all that its answer is made of. */
export interface Checkout extends Order {
  readonly readToken: string;
  readonly traceparent: string;
}

export type CheckoutResult =
  | { readonly kind: 'reserved'; readonly checkout: Checkout; readonly replayed: boolean }
  | { readonly kind: 'key-reused' }
  | HoardingRefusal
  | UnpayableAmount
  | Exclude<Allocation, { kind: 'reserved' }>;

export type Checkouts = (request: CheckoutRequest) => Promise<CheckoutResult>;
