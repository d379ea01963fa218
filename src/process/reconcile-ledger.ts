import { createHash } from 'node:crypto';
import type { Pool } from '../db/driver/pool.js';
import { booksOf } from '../db/ledger/books.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import { agree, type Book, lineOf } from '../domain/book.js';
import { DomainError } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import {
  isFirst,
  type LedgerEntry,
  LedgerMissingError,
  type LedgerReference,
  type LedgerState,
  stateOf,
  subjectOf,
} from '../domain/ledger.js';
import type { MoneyReport, ReportStoredAs } from '../domain/money-report.js';
import type { PaymentEvent } from '../domain/payment.js';
import type { Span } from '../domain/span.js';
import { inPages } from './in-pages.js';

/** Entries of one read of our books, and questions to the provider at the same time. Rules of thumb. */
const PAGE = 100;
const AT_ONCE = 10;

/** A refund or a dispute that the provider lists, and that our books did not have so. `missing`: of a dry run. */
export interface FoundReport extends LedgerReference {
  readonly type: MoneyReport['type'];
  readonly amount: number;
  readonly currency: string;
  readonly result: ReportStoredAs | 'missing' | 'conflict';
}

/**
 * Finds in the ledger of a provider what no webhook has reported: payments, refunds, refunds that failed, and disputes. The
 * list of payments has those that began in a span; the ledger has what was paid in it.
 *
 * @param deps.receive stores and decides a payment; `deps.report` stores a report and changes the books. A dry run has none
 * @returns the payments that our books do not have, and the reports; `undefined` when the provider has no ledger
 */
export async function reconcileLedger(
  pool: Pool,
  { name: provider, ledger }: Pick<ProviderWithDesk, 'name' | 'ledger'>,
  span: Span,
  report: ((report: MoneyReport) => Promise<ReportStoredAs>) | undefined,
  foundPayment: (payment: Pick<PaymentEvent, 'paymentId' | 'orderId' | 'amount' | 'currency'>) => Promise<void>,
): Promise<FoundReport[] | undefined> {
  const found = new Map<string, FoundReport>();
  let hasNew = false;

  async function compare(page: readonly LedgerEntry[]): Promise<void> {
    const ids = [...new Set(page.map(({ paymentId }) => paymentId))];
    const books = await booksOf(pool, provider, ids);
    const inSequence = page.toSorted((one, other) => one.at.getTime() - other.at.getTime() || rank(one) - rank(other));
    for (const entry of inSequence) {
      const { orderId } = entry;
      const isMissing = subjectOf(entry) === 'payment' && isFirst(entry) && orderId !== undefined;
      if (!isMissing || books.get(entry.paymentId)?.payment !== undefined) continue;
      hasNew = true;
      await foundPayment({ ...entry, orderId });
    }
    const groups = [...Map.groupBy(inSequence, (entry) => keyOf(referenceOf(entry))).values()];
    const asked = await inParallel(groups, AT_ONCE, (group) => ask(group, books.get(group[0]?.paymentId ?? '')));
    // In the sequence of the provider's clock, since a payment may have several.
    for (const one of asked) if (one !== undefined) found.set(keyOf(one.reference), await take(one));
  }

  /** The entries of a page about one refund or dispute. @returns what the provider has, where our books differ */
  async function ask(group: readonly LedgerEntry[], book: Book | undefined): Promise<Asked | undefined> {
    const [entry] = group;
    if (entry === undefined || subjectOf(entry) === 'payment') return undefined;
    const reference = referenceOf(entry);
    const here = lineOf(book, reference);
    const isOurs = book?.payment !== undefined || group.some(({ key }) => key !== undefined);
    if (!isOurs || found.has(keyOf(reference)) || agree(stateOf(group), here)) return undefined;
    const there = await ledger.of(reference);
    return there === undefined || there.pending || agree(there, here) ? undefined : { entry, reference, there };
  }

  async function take(asked: Asked): Promise<FoundReport> {
    const made = toReport(provider, asked);
    const { amount, currency, type } = made;
    const as = (result: FoundReport['result']): FoundReport => ({ ...asked.reference, type, amount, currency, result });
    if (report === undefined) return as('missing');
    try {
      return as(await report(made));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'event-conflict') return as('conflict');
      throw error;
    }
  }

  async function walk(): Promise<void> {
    for await (const page of inPages(ledger.list(span), PAGE)) await compare(page);
  }

  try {
    await walk();
  } catch (error) {
    // Only the first page says so: nothing is found yet.
    if (error instanceof LedgerMissingError) return undefined;
    throw error;
  }
  // The list may have the refunds of a payment before the payment.
  if (hasNew && report !== undefined) await walk();
  return [...found.values()];
}

/** What the provider has of a refund or a dispute, and one of its entries. */
interface Asked {
  readonly entry: LedgerEntry;
  readonly reference: LedgerReference;
  readonly there: LedgerState;
}

const referenceOf = (entry: LedgerEntry): LedgerReference => ({
  subject: subjectOf(entry),
  id: entry.id,
  paymentId: entry.paymentId,
});
const keyOf = ({ subject, id }: LedgerReference): string => `${subject} ${id}`;
/** A refund before its failure. */
const rank = (entry: LedgerEntry): number => (isFirst(entry) ? 0 : 1);

/** The report of what the provider has now. Its id is made from what it says, so that two that find it store it once. */
function toReport(provider: string, { entry, reference, there }: Asked): MoneyReport {
  const { key, amount, currency } = entry;
  const { subject, id, paymentId } = reference;
  const isBack = there.amount === 0;
  const facts = { paymentId, amount, currency };
  const named = (more: object, type: MoneyReport['type']) => ({
    provider,
    eventId: `found:${type}:${id}`.slice(0, 255),
    ...facts,
    bodySha256: createHash('sha256')
      .update(JSON.stringify({ type, id, ...facts, ...more }))
      .digest(),
  });
  if (subject === 'refund') {
    const type = isBack ? 'refund.failed' : 'refund.succeeded';
    const failure = isBack ? { failure: 'the ledger of the provider has the money back' } : {};
    const more = { refundId: id, ...(key !== undefined && { key }), ...failure };
    return { ...named(more, type), type, ...more };
  }
  const more = { disputeId: id, ...(isBack && { outcome: 'won' as const }) };
  const type = isBack ? 'dispute.closed' : 'dispute.opened';
  return { ...named(more, type), type, ...more };
}
