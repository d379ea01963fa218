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
}

/** `contradicting`: of a payment that was told before with another order, amount or currency. */
export type StoredAs = 'stored' | 'repeated' | 'contradicting';

/** The one door by which money is told of, for each provider in its own language; the route knows none of them. */
export interface WebhookReader {
  /** The provider's name, under which its payments are stored and refunded. */
  readonly name: string;
  /** Where the provider sends its webhooks. */
  readonly path: string;
  /** What it wants to see, for the API's description; `body` is a JSON Schema. */
  readonly expects: { readonly summary: string; readonly headers: readonly string[]; readonly body: object };
  /**
   * Reads one request. `header` answers `undefined` for a header that is missing or came more than once.
   *
   * @returns `ignored` for what is signed and none of our business
   * @throws {DomainError} `signature-refused`; `event-invalid` naming the fields
   */
  read(raw: Buffer, header: (name: string) => string | undefined): PaymentEvent | 'ignored';
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
 * Whoever moves the money. `refund` may be called again with the same key and then answers with the same refund.
 *
 * @throws {DomainError} `dependency-unavailable` as long as the money has not gone back
 */
export interface PaymentProvider {
  readonly name: string;
  refund(order: RefundOrder): Promise<{ readonly refundId: string }>;
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

export const refundKey = (paymentId: string): string => `refund:${paymentId}`;
