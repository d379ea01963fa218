import type { Captures } from './authorisation.js';
import type { MoneyReport } from './money-report.js';

/**
 * `payment.authorised`: the customer has paid, and the provider holds the money until it is captured. `payment.processing`:
 * the customer has paid, and the confirmation of a bank is pending.
 */
export type PaymentEventType = 'payment.succeeded' | 'payment.authorised' | 'payment.processing' | 'payment.failed';

/** Whether the event brings a payment that may pay its order. */
export const bringsPayment = ({ type }: Pick<PaymentEvent, 'type'>): boolean =>
  type === 'payment.succeeded' || type === 'payment.authorised';

/**
 * A verified event from a provider's webhook. `amount` is in minor units. Two deliveries of one event have the same
 * `bodySha256`. This is the digest of the raw body, or of the fields where the provider's body changes at each try.
 */
export interface PaymentEvent {
  readonly provider: string;
  readonly eventId: string;
  readonly type: PaymentEventType;
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly bodySha256: Buffer;
  /**
   * `orderId` comes from a field in which a shop may keep an id of its own. It names an order only if a checkout has
   * it.
   */
  readonly byReference?: true;
  /** The begun payment that this event is about, where the provider has stored its id. */
  readonly begunId?: string;
}

/**
 * How an event was stored. `contradicting`: an earlier event of the payment has another order, amount or currency.
 * `unplaced`: the payment's order is not known, and a person decides. `foreign`: the event is not stored, because its
 * reference names no order.
 */
export type StoredAs = 'stored' | 'repeated' | 'contradicting' | 'unplaced' | 'foreign';

/** `paymentId` is the id under which the event's payment is stored; absent when the event brings no payment. */
export interface StoredEvent {
  readonly as: StoredAs;
  readonly paymentId?: string;
  /** The deadline that the event has moved. */
  readonly moved?: { readonly orderId: string; readonly expiresAt: Date };
}

/** What happens to a payment for an unknown order: the payment waits for a person, or goes back at once. */
export type UnplacedPayments = 'keep' | 'refund';

/**
 * A signed webhook without an event for us. `ignored`: a type that this service does not use. `foreign`: a payment that
 * names no order, such as a payment of another shop on the same account. `unreadable`: the webhook should name a
 * payment of ours, and a person has to look.
 */
export type NotOurs =
  | { readonly result: 'ignored' | 'foreign'; readonly type: string }
  | { readonly result: 'unreadable'; readonly type: string; readonly eventId: string; readonly detail: string };

/** Reads the webhooks of one provider. The route is the same for every provider, and knows no provider's format. */
export interface WebhookReader {
  /** The provider's name, under which its payments are stored and refunded. */
  readonly name: string;
  /** Where the provider sends its webhooks. */
  readonly path: string;
  /** What a request must have, for the API's description; `body` is a JSON Schema. */
  readonly expects: {
    readonly summary: string;
    readonly about: string;
    readonly headers: readonly string[];
    readonly body: object;
    /** Bodies by what they say. */
    readonly examples: Readonly<Record<string, object>>;
    /** True: an invalid signed body is an error to its sender. False: the body is `unreadable`. */
    readonly refusesInvalid: boolean;
  };
  /**
   * Reads one request. `header` returns `undefined` for a header that is missing or came more than once.
   *
   * @throws {DomainError} `signature-refused`; `event-invalid`, which names the fields
   */
  read(raw: Buffer, header: (name: string) => string | undefined): PaymentEvent | MoneyReport | NotOurs;
}

/**
 * A refund to make. `amount` is in minor units. `key` is the same at every try, so the provider refunds once. `beside`: the
 * refund may be one of several of its payment, so that a refund under another key is never taken for this one.
 */
export interface RefundOrder {
  readonly key: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
  readonly beside?: true;
}

/**
 * The result of a refund. `amount` is present when less went back than was asked for, because less was left of the
 * payment. `refused` says why the money can never go back this way: no money has moved under this key, and none will.
 */
export type RefundOutcome =
  | { readonly refundId: string; readonly amount?: number; readonly refused?: never }
  | { readonly refused: string };

/**
 * The service that moves the money. A second call of `refund` with the same key returns the same refund.
 *
 * @throws {DomainError} `dependency-unavailable` when another try may succeed
 */
export interface PaymentProvider extends Captures {
  readonly name: string;
  refund(order: RefundOrder): Promise<RefundOutcome>;
}

/**
 * The id under which we store a payment whose own id is taken by another provider's payment: the provider's name stands
 * in front. Any other payment is stored under the provider's own id.
 */
export const prefixedPaymentId = ({ provider, paymentId }: Pick<PaymentEvent, 'provider' | 'paymentId'>): string =>
  `${provider}:${paymentId}`;

/** The id that a payment has at its provider. */
export const providersPaymentId = ({ provider, paymentId }: Pick<PaymentEvent, 'provider' | 'paymentId'>): string =>
  paymentId.startsWith(`${provider}:`) ? paymentId.slice(provider.length + 1) : paymentId;

/**
 * @param attempt how often a person has asked for the refund again after a refusal. Each attempt has a key of its own:
 *   under the first key the provider may repeat its refusal
 */
export const refundKey = (paymentId: string, attempt = 0): string =>
  attempt === 0 ? `refund:${paymentId}` : `refund:${paymentId}:${attempt}`;
