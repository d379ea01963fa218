export type PaymentEventType = 'payment.succeeded' | 'payment.failed';

/** What a provider told by webhook, verified. `amount` is in minor units; the digest is of the raw body. */
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

export const refundKey = (paymentId: string): string => `refund:${paymentId}`;
