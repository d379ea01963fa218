import { isSameMoney, type LedgerEntry, type LedgerMoney, type LedgerReference, type LedgerState } from './ledger.js';
import { attemptIn, orderRefundIn } from './money-report.js';
import type { OrderRefundState } from './order-refund.js';
import type { PaymentStatus } from './settlement.js';

/** What our books say about a payment and its money, to be compared with the ledger of its provider. */

/** A payment, as a row of ours has it. `storedId` is our id of it. */
export interface BookedPayment {
  readonly storedId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: PaymentStatus;
  readonly refundId: string | null;
  readonly refundedAmount: number | null;
  readonly receivedAt: Date;
  readonly refundedAt: Date | null;
}

/** A refund of a paid order. */
export interface BookedOrderRefund {
  readonly refundId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly state: OrderRefundState;
  readonly providerRefundId: string | null;
  readonly refundedAmount: number | null;
  readonly refundedAt: Date | null;
}

/** What the provider has last reported of a refund or a dispute; `waiting`: it is not applied to the books yet. */
export interface BookedReport {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly state: 'succeeded' | 'failed' | 'open' | 'won' | 'lost';
  readonly waiting: boolean;
  readonly at: Date;
}

/** By the id that the payment has at its provider. `payment` is missing where only reports of it have come. */
export interface Book {
  readonly paymentId: string;
  readonly payment?: BookedPayment;
  readonly orderRefunds: readonly BookedOrderRefund[];
  readonly reportedRefunds: readonly BookedReport[];
  readonly disputes: readonly BookedReport[];
}

/**
 * A movement of money in our books. `sold`: it belongs to an order that is paid. `waiting`: all other money, which goes or
 * went back, waits for a person, or is disputed.
 */
export interface BookLine extends LedgerReference {
  readonly money: LedgerMoney;
  readonly as: 'sold' | 'waiting';
  readonly at: Date;
  /** Some providers take the money of a dispute when it is opened, others when it is lost. */
  readonly isOpenDispute?: true;
}

/** A refund that we have asked for and that is not recorded as made. */
export interface OwedRefund extends LedgerMoney {
  readonly id: string;
}

const out = (amount: number, currency: string): LedgerMoney => ({ amount: amount === 0 ? 0 : -amount, currency });

/** All movements of a payment in our books, each once. */
export function linesOf(book: Book): BookLine[] {
  const { paymentId, payment } = book;
  const lines: BookLine[] = [];
  const as = payment?.status === 'accepted' ? 'sold' : 'waiting';
  if (payment !== undefined) {
    const { amount, currency, receivedAt: at } = payment;
    lines.push({ subject: 'payment', id: paymentId, paymentId, money: { amount, currency }, as, at });
  }
  const refunds = [...refundsIn(book)].map(
    ([id, { at, ...money }]): BookLine => ({
      ...{ subject: 'refund', id, paymentId, as, at },
      money: out(money.amount, money.currency),
    }),
  );
  const disputes = book.disputes.map(({ id, amount, currency, state, at }): BookLine => {
    const money = out(state === 'won' ? 0 : amount, currency);
    const dispute = { subject: 'dispute', id, paymentId, money, at } as const;
    return state === 'open' ? { ...dispute, as: 'waiting', isOpenDispute: true } : { ...dispute, as };
  });
  return [...lines, ...refunds, ...disputes];
}

type Made = LedgerMoney & { readonly at: Date };

/** By the provider's ids. What our own row says counts before a report of the same refund. */
function refundsIn({ payment, orderRefunds, reportedRefunds }: Book): ReadonlyMap<string, Made> {
  const made = new Map<string, Made>();
  for (const { id, amount, currency, state, waiting, at } of reportedRefunds) {
    // A report that the books of a paid order could not hold is not in them.
    const isBooked = state === 'succeeded' && (waiting || payment?.status !== 'accepted');
    if (isBooked) made.set(id, { amount, currency, at });
  }
  for (const { state, providerRefundId, amount, refundedAmount, currency, refundedAt } of orderRefunds) {
    if (state !== 'refunded' || providerRefundId === null || refundedAt === null) continue;
    made.set(providerRefundId, { amount: refundedAmount ?? amount, currency, at: refundedAt });
  }
  if (payment?.status === 'refunded' && payment.refundId !== null && payment.refundedAt !== null) {
    const { refundId, refundedAmount, amount, currency, refundedAt: at } = payment;
    made.set(refundId, { amount: refundedAmount ?? amount, currency, at });
  }
  return made;
}

export const lineOf = (book: Book | undefined, { subject, id }: Pick<LedgerReference, 'subject' | 'id'>) =>
  book && linesOf(book).find((line) => line.subject === subject && line.id === id);

/** Whether a provider and our books say the same of a movement. */
export function agree(there: LedgerState | undefined, here: BookLine | undefined): boolean {
  return isSameMoney(there, here?.money) || isUntaken(there, here);
}

/** Whether a dispute is open and its provider has taken nothing. Money that was taken and given back is the end of it. */
export const isUntaken = (there: LedgerState | undefined, here: BookLine | undefined): boolean =>
  here?.isOpenDispute === true && there === undefined;

/** The refunds of a payment that are asked for and not recorded as made. */
export function owedIn({ payment, orderRefunds }: Book): OwedRefund[] {
  const whole =
    payment?.status === 'refund_required'
      ? [{ id: payment.storedId, amount: payment.amount, currency: payment.currency }]
      : [];
  const parts = orderRefunds.filter(({ state }) => state === 'required');
  return [...whole, ...parts.map(({ refundId: id, amount, currency }) => ({ id, amount, currency }))];
}

/** The owed refund with this key: the provider has made the refund, and our record of it is on its way. */
export function owedBy(book: Book, key: LedgerEntry['key']): OwedRefund | undefined {
  return owedIn(book).find(({ id }) => orderRefundIn(key) === id || attemptIn(key, id) !== undefined);
}
