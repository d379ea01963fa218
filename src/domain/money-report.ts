/** What a provider reports about money that it has taken before: its refunds, and disputes of the customer's bank. */

interface Report {
  readonly provider: string;
  readonly eventId: string;
  /** The id that the payment has at its provider. */
  readonly paymentId: string;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
  /** As the digest of a `PaymentEvent`. */
  readonly bodySha256: Buffer;
}

/** A refund that was made, by us or in the provider's dashboard, or that has failed, also days after it was made. */
export interface RefundReport extends Report {
  readonly type: 'refund.succeeded' | 'refund.failed';
  /** The id that the refund has at its provider. */
  readonly refundId: string;
  /** The key under which we have asked for the refund; a refund without it was made elsewhere. */
  readonly key?: string;
  /** Why the refund has failed, in the provider's words. */
  readonly failure?: string;
}

/** `outcome` is set when the dispute is closed. With `lost` the provider has taken the amount for good. */
export interface DisputeReport extends Report {
  readonly type: 'dispute.opened' | 'dispute.closed';
  readonly disputeId: string;
  readonly outcome?: 'won' | 'lost';
  readonly reason?: string;
}

export type MoneyReport = RefundReport | DisputeReport;

export const MONEY_REPORTS = ['refund.succeeded', 'refund.failed', 'dispute.opened', 'dispute.closed'] as const;

export const isMoneyReport = <E extends { readonly type: string }>(event: E | MoneyReport): event is MoneyReport =>
  (MONEY_REPORTS as readonly string[]).includes(event.type);

export const isRefundReport = (report: MoneyReport): report is RefundReport => 'refundId' in report;

/**
 * `unplaced`: the payment is not known, or not decided; the report is kept, and counts when the payment is.
 * `contradicting`: the books cannot hold what is reported, such as more money back than was paid.
 */
export type ReportStoredAs = 'stored' | 'repeated' | 'contradicting' | 'unplaced';

/** The attempt of ours that a key names, where the key is one for the refund of this id; `undefined` for another key. */
export function attemptIn(key: string | null | undefined, id: string): number | undefined {
  const prefix = `refund:${id}`;
  if (!key?.startsWith(prefix)) return undefined;
  // Behind the attempt our client for Stripe names the rest of a payment.
  const [found, attempt = '0'] = /^(?::(\d+))?(?::rest:\d+)?$/.exec(key.slice(prefix.length)) ?? [];
  return found === undefined ? undefined : Number(attempt);
}

/** The id of a refund of a paid order that a key names: a UUID, as no payment of a provider has. */
export const orderRefundIn = (key: string | null | undefined): string | undefined =>
  /^refund:([\da-f]{8}-[\da-f-]{27})(?::|$)/.exec(key ?? '')?.[1];
