import type { Allocation, RequestedLine } from './allocation.js';
import type { UnpayableAmount } from './checkout-limits.js';
import type { Customer } from './customer.js';
import type { HoardingRefusal } from './hoarding.js';
import type { IdempotencyKey } from './idempotency-key.js';
import type { Order, OrderExtras } from './order.js';
import type { AmountNegative } from './totals.js';

/** A customer's request to buy: validated, and not decided yet. `lines` are merged and sorted. */
export interface CheckoutRequest extends IdempotencyKey, OrderExtras {
  readonly orderId: string;
  readonly userId: Customer;
  /** SHA-256 of the request: a retry has the same one, and another request under the same key has another. */
  readonly fingerprint: Buffer;
  readonly lines: readonly RequestedLine[];
  readonly paymentMethod?: string;
  /** How long the stock is held, where the payment method decides so. */
  readonly windowMs?: number;
  readonly readToken: string;
  readonly traceparent: string;
}

/** The stored part of a checkout. The response to the customer is made from this part alone. */
export interface Checkout extends Order {
  readonly readToken: string;
  readonly traceparent: string;
}

/** Another order has the shop's number. `ofSameUser`: that order is of the customer who asks now; never of a guest. */
export interface ReferenceUsed {
  readonly kind: 'reference-used';
  readonly orderId: string;
  readonly ofSameUser: boolean;
}

export type CheckoutResult =
  | { readonly kind: 'reserved'; readonly checkout: Checkout; readonly replayed: boolean }
  | { readonly kind: 'key-reused' }
  | HoardingRefusal
  | UnpayableAmount
  | AmountNegative
  | ReferenceUsed
  | Exclude<Allocation, { kind: 'reserved' }>;

export type Checkouts = (request: CheckoutRequest) => Promise<CheckoutResult>;
