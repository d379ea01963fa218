import type { Book, BookLine, OwedRefund } from './book.js';
import type { LedgerEntry, LedgerMoney, LedgerReference, LedgerState } from './ledger.js';

/** Money that a provider and our books say different things about. `there`, `here`: null where one of them has nothing. */
export interface LedgerDifference extends LedgerReference {
  readonly provider: string;
  /** Our order; null where the payment is not here and names none. */
  readonly orderId: string | null;
  readonly there: LedgerMoney | null;
  readonly here: LedgerMoney | null;
  /** The command that mends it, or shows a person what to look at. */
  readonly mend: string;
}

/** A refund that was asked for, and that one side does not have yet. */
export interface LedgerInFlight extends OwedRefund {
  readonly paymentId: string;
  readonly orderId: string | null;
  /** The provider's id of it, where the provider lists it. */
  readonly listedAs?: string;
}

/** In minor units. Paid in − paid out = sold + waiting + in flight + difference + edge. */
export interface LedgerSum {
  readonly currency: string;
  /** Of the provider. */
  readonly paidIn: number;
  readonly paidOut: number;
  /** Of our books: what paid orders have brought, and all other money. */
  readonly sold: number;
  readonly waiting: number;
  /** What the provider has more than our books. */
  readonly inFlight: number;
  readonly difference: number;
  /** What one side has in the span, and the other before or after. */
  readonly edge: number;
}

export interface LedgerComparison {
  readonly provider: string;
  readonly since: Date;
  readonly until: Date;
  /** The provider's entries about our payments, and those of other programs on the account. */
  readonly entries: number;
  readonly foreign: number;
  readonly sums: readonly LedgerSum[];
  readonly inFlight: readonly LedgerInFlight[];
  readonly differences: readonly LedgerDifference[];
}

/** @param at when the provider has moved the money; missing where only our books have it */
export function toDifference(
  provider: string,
  reference: LedgerReference,
  sides: { readonly there: LedgerState | undefined; readonly here: BookLine | undefined },
  about: { readonly book: Book | undefined; readonly orderId: string | undefined; readonly at: Date | undefined },
): LedgerDifference {
  const { book, at } = about;
  const { subject, id } = reference;
  const paymentId = book?.payment?.storedId ?? reference.paymentId;
  const { there, here } = sides;
  const isMissing =
    here === undefined || ((subject === 'refund' || here.isOpenDispute === true) && there?.amount === 0);
  const reconciles = there !== undefined && at !== undefined && isMissing;
  return {
    provider,
    subject,
    id,
    paymentId,
    orderId: book?.payment?.orderId ?? about.orderId ?? null,
    there: there === undefined ? null : { amount: there.amount, currency: there.currency },
    here: here?.money ?? null,
    mend: reconciles
      ? `orders payments reconcile --since ${at.toISOString()} --provider ${provider}`
      : `orders payments show ${paymentId}`,
  };
}

/** Adds up both sides, by currency. */
export function createSums() {
  const sums = new Map<string, Omit<LedgerSum, 'currency' | 'edge'>>();
  const add = (currency: string, more: Partial<Omit<LedgerSum, 'currency' | 'edge'>>): void => {
    const sum = sums.get(currency) ?? { paidIn: 0, paidOut: 0, sold: 0, waiting: 0, inFlight: 0, difference: 0 };
    const added = Object.entries(more).map(([name, amount]) => [name, sum[name as keyof typeof sum] + amount]);
    sums.set(currency, { ...sum, ...Object.fromEntries(added) });
  };
  /** What the provider has more than our books. */
  const addMore = (
    as: 'inFlight' | 'difference',
    there: LedgerMoney | undefined,
    here: LedgerMoney | undefined,
  ): void => {
    if (there !== undefined) add(there.currency, { [as]: there.amount });
    if (here !== undefined) add(here.currency, { [as]: -here.amount });
  };

  return {
    add,
    addMore,
    addEntry({ kind, amount, currency }: LedgerEntry): void {
      if (kind === 'payment') add(currency, { paidIn: amount });
      else if (kind === 'payment-failed') add(currency, { paidIn: -amount });
      else add(currency, { paidOut: kind === 'refund' || kind === 'dispute' ? amount : -amount });
    },
    addLine: ({ as, money }: BookLine): void => add(money.currency, { [as]: money.amount }),
    removeLine: ({ as, money }: BookLine): void => add(money.currency, { [as]: -money.amount }),
    all: (): LedgerSum[] =>
      [...sums]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([currency, sum]) => {
          const { paidIn, paidOut, sold, waiting, inFlight, difference } = sum;
          return { currency, ...sum, edge: paidIn - paidOut - sold - waiting - inFlight - difference };
        }),
  };
}
