export type PaymentEventType = 'payment.succeeded' | 'payment.failed';

/**
 * What a provider told by webhook, verified. `amount` is in minor units. Two deliveries of one event have the same
 * digest: of the raw body, or of what was read from it where the provider's body changes from try to try.
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
  /** The order's id stands where a shop may keep an id of its own: it names an order only where a checkout has it. */
  readonly byReference?: true;
}

/**
 * `contradicting`: of a payment that was told before with another order, amount or currency. `unplaced`: its order is
 * not known, and a person decides. `foreign`: not stored, since its reference names no order.
 */
export type StoredAs = 'stored' | 'repeated' | 'contradicting' | 'unplaced' | 'foreign';

/** What becomes of money for an order that is not known: kept for a person, or sent back at once. */
export type UnplacedPayments = 'keep' | 'refund';

/**
 * What is signed and no event of ours. `ignored`: a type that means nothing here. `foreign`: money that names no
 * order, of another shop on the same account. `unreadable`: it should be ours, and a person has to look.
 */
export type NotOurs =
  | { readonly result: 'ignored' | 'foreign'; readonly type: string }
  | { readonly result: 'unreadable'; readonly type: string; readonly eventId: string; readonly detail: string };

/** The one door by which money is told of, for each provider in its own language; the route knows none of them. */
export interface WebhookReader {
  /** The provider's name, under which its payments are stored and refunded. */
  readonly name: string;
  /** Where the provider sends its webhooks. */
  readonly path: string;
  /** What it wants to see, for the API's description; `body` is a JSON Schema. */
  readonly expects: {
    readonly summary: string;
    readonly headers: readonly string[];
    readonly body: object;
    /** Whether a signed body that is not as it should be is an error to its sender, or is `unreadable`. */
    readonly refusesInvalid: boolean;
  };
  /**
   * Reads one request. `header` answers `undefined` for a header that is missing or came more than once.
   *
   * @throws {DomainError} `signature-refused`; `event-invalid` naming the fields
   */
  read(raw: Buffer, header: (name: string) => string | undefined): PaymentEvent | NotOurs;
}

/** Money to send back. `key` is the same at every try, so that the provider does it once. */
export interface RefundOrder {
  readonly key: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
}

/**
 * What came of a refund. `amount` is there when less went back than was asked for, since no more was left of it.
 * `refused` says why the money can never go back this way: nothing has moved under this key, and nothing will.
 */
export type RefundOutcome =
  | { readonly refundId: string; readonly amount?: number; readonly refused?: never }
  | { readonly refused: string };

/**
 * The service that moves the money. `refund` may be called again with the same key and then answers with the same
 * refund.
 *
 * @throws {DomainError} `dependency-unavailable` when another try may succeed
 */
export interface PaymentProvider {
  readonly name: string;
  refund(order: RefundOrder): Promise<RefundOutcome>;
}

/**
 * A payment's id in our books: the provider's own, which no other payment may have. Where another provider used the
 * same id before, its own provider's name stands in front.
 */
export const prefixedPaymentId = ({ provider, paymentId }: Pick<PaymentEvent, 'provider' | 'paymentId'>): string =>
  `${provider}:${paymentId}`;

/** The id by which its provider knows a payment of ours. */
export const providersPaymentId = ({ provider, paymentId }: Pick<PaymentEvent, 'provider' | 'paymentId'>): string =>
  paymentId.startsWith(`${provider}:`) ? paymentId.slice(provider.length + 1) : paymentId;

/**
 * @param attempt a person who asks again after a refusal asks under another key: the provider may repeat its answer to
 *   the first
 */
export const refundKey = (paymentId: string, attempt = 0): string =>
  attempt === 0 ? `refund:${paymentId}` : `refund:${paymentId}:${attempt}`;
