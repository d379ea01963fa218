import type { CaptureAt } from './authorisation.js';
import type { PaymentLedger } from './ledger.js';
import type { OrderStatus } from './order.js';
import type { PaymentEvent, PaymentProvider } from './payment.js';
import type { Span } from './span.js';

/** Where the customer pays: on a page of the provider, or on the shop's own page, with the provider's script. */
export const BEGIN_AS = ['client-secret', 'page'] as const;
export type BeginAs = (typeof BEGIN_AS)[number];

/**
 * A payment to begin. `key` is the same at every try, so the provider begins one payment. `begunId` is stored at the
 * provider too, where the provider takes such a field, so that its events name the row.
 */
export interface BeginOrder {
  readonly capture: CaptureAt;
  readonly key: string;
  readonly begunId: string;
  readonly orderId: string;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly as: BeginAs;
  /** Where the customer comes back to after the payment, and after leaving the page without one. */
  readonly returnUrl: string | null;
  readonly cancelUrl: string | null;
}

/**
 * What the shop's page uses: exactly one of both. A client secret is shown to the customer, and is in no row and no log.
 */
export interface PaymentHandle {
  readonly url?: string;
  readonly clientSecret?: string;
}

/** `reference` is the provider's id of what was begun. `refused` says why this payment can never begin. */
export type BeginOutcome =
  | { readonly reference: string; readonly handle: PaymentHandle; readonly refused?: never }
  | { readonly refused: string };

/**
 * Where a begun payment stands at its provider. `processing`: the customer has paid, and a bank decides; it cannot be
 * closed. `closed`: no customer can pay it any more. `paid`: the money is there, or is authorised and can be captured.
 */
export type AskedPayment =
  | { readonly state: 'open' | 'processing'; readonly handle: PaymentHandle }
  | { readonly state: 'closed' }
  | { readonly state: 'paid'; readonly event: PaymentEvent };

/** A begun payment, as its provider knows it. */
export interface BegunReference extends Pick<BeginOrder, 'begunId' | 'orderId' | 'as'> {
  readonly reference: string;
}

/**
 * The part of a provider that begins payments, and says what became of them. Each of its functions throws
 * `dependency-unavailable` when another try may succeed.
 */
export interface PaymentDesk {
  /** The ways in which a payment can begin here; the first is the default. */
  readonly begins: readonly [BeginAs, ...BeginAs[]];
  /** When the money of a payment that begins now is captured. */
  readonly capture: CaptureAt;
  /** Whether a page needs to know where the customer comes back to. */
  readonly needsReturnUrl: boolean;
  begin(order: BeginOrder): Promise<BeginOutcome>;
  ask(begun: BegunReference): Promise<AskedPayment>;
  /** Makes sure that no customer can pay it any more. A second call changes nothing. */
  close(begun: BegunReference): Promise<AskedPayment>;
  /**
   * The payments that have succeeded or are authorised, and name an order, of those that began in this span: as events,
   * such as a webhook brings. Their ids are made from the payments' ids, so that a payment that is found twice is one
   * event.
   */
  list(span: Span): AsyncIterable<PaymentEvent>;
  /**
   * What was paid by this payment, or is authorised; `undefined` when the provider does not know the payment, or the
   * payment is neither.
   */
  find(paymentId: string): Promise<Pick<PaymentEvent, 'amount' | 'currency'> | undefined>;
}

/** A provider that begins payments too, says what became of them, and lists the movements of the money. */
export interface ProviderWithDesk extends PaymentProvider {
  readonly desk: PaymentDesk;
  readonly ledger: PaymentLedger;
}

/** What a customer asks for. `as` and `provider` have defaults. */
export interface AskedBegin {
  readonly orderId: string;
  readonly provider?: string | undefined;
  readonly as?: BeginAs | undefined;
  readonly returnUrl?: string | undefined;
  readonly cancelUrl?: string | undefined;
}

export interface BegunAnswer {
  readonly orderId: string;
  readonly provider: string;
  readonly reference: string;
  readonly as: BeginAs;
  readonly amount: number;
  readonly currency: string;
  readonly expiresAt: Date;
  readonly handle: PaymentHandle;
  readonly replayed: boolean;
}

/** Why no payment begins. */
export type BeginRefusal =
  | { readonly kind: 'ended'; readonly status: OrderStatus }
  | { readonly kind: 'overdue'; readonly expiresAt: Date }
  | { readonly kind: 'free' }
  | { readonly kind: 'begun-otherwise'; readonly as: BeginAs }
  | { readonly kind: 'processing' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'no-provider'; readonly known: readonly string[] }
  | { readonly kind: 'not-here'; readonly field: 'as' | 'returnUrl'; readonly expected: string };

export type BeginResult = { readonly kind: 'begun'; readonly answer: BegunAnswer } | BeginRefusal;

/** At every try of one row the same key, so that the provider begins one payment. */
export const beginKey = (begunId: string): string => `begin:${begunId}`;

const SECOND = 1_000;
/** Before the deadline the provider is asked once more, so that an order that is paid ends as paid. */
const BEFORE_DEADLINE = 30 * SECOND;
/** By then the workflow of the order has closed the payment; else the sweep closes it. */
export const AFTER_DEADLINE = 2 * SECOND;

/**
 * How long a begun payment waits for its next look, in milliseconds. Of an open order: a minute after the begin, then after
 * ever longer pauses, shortly before the deadline, and after it. Of an order that has ended: ever longer pauses, up to five
 * minutes. Rules of thumb.
 */
export function pauseBeforeLook(begun: {
  readonly status: OrderStatus;
  /** To the deadline; negative after it. */
  readonly expiresInMs: number;
  readonly looks: number;
}): number {
  const { status, expiresInMs, looks } = begun;
  const growing = 2 ** Math.min(looks, 10);
  if (status !== 'placed') return Math.min(growing * SECOND, 300 * SECOND);
  if (expiresInMs <= 0) return SECOND;
  const beforeDeadline = expiresInMs - BEFORE_DEADLINE;
  return Math.min(growing * 60 * SECOND, beforeDeadline > 0 ? beforeDeadline : expiresInMs + AFTER_DEADLINE);
}

/** What the sweep does with a begun payment. `wait`: the workflow of the order is about to close it. */
export const lookAt = ({ status, expiresInMs }: { readonly status: OrderStatus; readonly expiresInMs: number }) => {
  if (status !== 'placed') return 'close';
  if (expiresInMs > 0) return 'ask';
  return expiresInMs > -AFTER_DEADLINE ? 'wait' : 'close-order';
};
