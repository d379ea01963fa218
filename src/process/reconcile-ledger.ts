import { createHash } from 'node:crypto';
import type { Pool } from '../db/driver/pool.js';
import { booksOf } from '../db/ledger/books.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import { agree, lineOf } from '../domain/book.js';
import { DomainError } from '../domain/errors.js';
import {
  isFirst,
  type LedgerEntry,
  LedgerMissingError,
  type LedgerReference,
  type LedgerState,
  subjectOf,
} from '../domain/ledger.js';
import type { MoneyReport, ReportStoredAs } from '../domain/money-report.js';
import type { PaymentEvent } from '../domain/payment.js';
import type { Span } from '../domain/span.js';

/** Entries of one read of our books. A rule of thumb. */
const PAGE = 100;

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
    // A payment before its refunds, and a refund before its failure.
    const inSequence = page.toSorted((one, other) => one.at.getTime() - other.at.getTime() || rank(one) - rank(other));
    for (const entry of inSequence) {
      const reference = { subject: subjectOf(entry), id: entry.id, paymentId: entry.paymentId };
      const book = books.get(entry.paymentId);
      const here = lineOf(book, reference);
      if (reference.subject === 'payment') {
        const { orderId } = entry;
        const isMissing = book?.payment === undefined && isFirst(entry) && orderId !== undefined;
        if (!isMissing) continue;
        hasNew = true;
        await foundPayment({ ...entry, orderId });
        continue;
      }
      const isOurs = book?.payment !== undefined || entry.key !== undefined;
      if (!isOurs || found.has(keyOf(reference))) continue;
      const there = await ledger.of(reference);
      if (there === undefined || there.pending || agree(there, here)) continue;
      found.set(keyOf(reference), await take(entry, reference, there));
    }
  }

  async function take(entry: LedgerEntry, reference: LedgerReference, there: LedgerState): Promise<FoundReport> {
    const made = toReport(provider, entry, reference, there);
    const { amount, currency, type } = made;
    const as = (result: FoundReport['result']): FoundReport => ({ ...reference, type, amount, currency, result });
    if (report === undefined) return as('missing');
    try {
      return as(await report(made));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'event-conflict') return as('conflict');
      throw error;
    }
  }

  async function walk(): Promise<void> {
    let page: LedgerEntry[] = [];
    for await (const entry of ledger.list(span)) {
      if (page.push(entry) < PAGE) continue;
      await compare(page);
      page = [];
    }
    await compare(page);
  }

  try {
    await walk();
    // The list may have the refunds of a payment before the payment.
    if (hasNew && report !== undefined) await walk();
  } catch (error) {
    if (error instanceof LedgerMissingError) return undefined;
    throw error;
  }
  return [...found.values()];
}

const keyOf = ({ subject, id }: LedgerReference): string => `${subject} ${id}`;
const rank = (entry: LedgerEntry): number => (subjectOf(entry) === 'payment' ? 0 : isFirst(entry) ? 1 : 2);

/** The report of what the provider has now. Its id is made from what it says, so that two that find it store it once. */
function toReport(
  provider: string,
  { key, amount, currency }: LedgerEntry,
  { subject, id, paymentId }: LedgerReference,
  there: LedgerState,
): MoneyReport {
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
