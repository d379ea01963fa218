import type { Span } from './span.js';

/** The ledger of a provider: each movement of the shop's money there. Fees and payouts are not in our books, and left out. */

export const LEDGER_SUBJECTS = ['payment', 'refund', 'dispute'] as const;
/** What a movement is about. */
export type LedgerSubject = (typeof LEDGER_SUBJECTS)[number];

/** The first of each pair moves the money, at most once for each subject; the second takes the movement back. */
const kinds = {
  payment: { subject: 'payment', sign: 1 },
  'payment-failed': { subject: 'payment', sign: -1 },
  refund: { subject: 'refund', sign: -1 },
  'refund-failed': { subject: 'refund', sign: 1 },
  dispute: { subject: 'dispute', sign: -1 },
  'dispute-reversed': { subject: 'dispute', sign: 1 },
} as const;

export type LedgerKind = keyof typeof kinds;
export const LEDGER_KINDS = Object.keys(kinds) as [LedgerKind, ...LedgerKind[]];

/** What a refund or a dispute is, at its provider; of a payment `id` is the payment's own id. */
export interface LedgerReference {
  readonly subject: LedgerSubject;
  readonly id: string;
  /** The id that the payment has at its provider. */
  readonly paymentId: string;
}

export interface LedgerEntry extends Omit<LedgerReference, 'subject'> {
  readonly entryId: string;
  readonly kind: LedgerKind;
  /** The order that the payment names; a payment that names none may belong to another program on the account. */
  readonly orderId?: string;
  /** The key under which we have asked for the refund. */
  readonly key?: string;
  /** In minor units, and never negative. */
  readonly amount: number;
  readonly currency: string;
  readonly at: Date;
}

/** In minor units; negative where money went out. */
export interface LedgerMoney {
  readonly amount: number;
  readonly currency: string;
}

/** What all movements of a subject add up to. `pending`: the provider has a refund of which no money has moved yet. */
export interface LedgerState extends LedgerMoney {
  readonly pending?: true;
}

/** The provider has no ledger, and will not have one at another try. */
export class LedgerMissingError extends Error {
  override name = 'LedgerMissingError';
}

/**
 * The part of a provider that lists the movements. Each function throws `dependency-unavailable` when another try may
 * succeed. The first page of `list` throws {@link LedgerMissingError} where the provider has no ledger.
 */
export interface PaymentLedger {
  /** In any sequence. The times are those of the provider's clock. */
  list(span: Span): AsyncIterable<LedgerEntry>;
  /** All movements of one subject, whenever they were; `undefined` when the provider has none. */
  of(reference: LedgerReference): Promise<LedgerState | undefined>;
}

export const subjectOf = ({ kind }: Pick<LedgerEntry, 'kind'>): LedgerSubject => kinds[kind].subject;

/** Whether the entry moves money, and does not take a movement back. */
export const isFirst = ({ kind }: Pick<LedgerEntry, 'kind'>): boolean => kind === kinds[kind].subject;

/** As it changes what the provider holds for the shop. */
const signedAmount = ({ kind, amount }: Pick<LedgerEntry, 'kind' | 'amount'>): number => kinds[kind].sign * amount;

/** What these movements of one subject add up to. */
export function stateOf(entries: readonly LedgerEntry[]): LedgerState | undefined {
  const [first] = entries;
  return first && { amount: entries.reduce((sum, entry) => sum + signedAmount(entry), 0), currency: first.currency };
}

/** Nothing, and money that came and went, are the same. */
export const isSameMoney = (one: LedgerMoney | undefined, other: LedgerMoney | undefined): boolean =>
  (one?.amount ?? 0) === (other?.amount ?? 0) && ((one?.amount ?? 0) === 0 || one?.currency === other?.currency);
