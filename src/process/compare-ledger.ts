import type { Pool } from '../db/driver/pool.js';
import { booksOf, movedPayments } from '../db/ledger/books.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import { agree, type Book, type BookLine, isUntaken, lineOf, linesOf, owedBy, owedIn } from '../domain/book.js';
import { inParallel } from '../domain/in-parallel.js';
import {
  isFirst,
  type LedgerEntry,
  type LedgerReference,
  type LedgerState,
  stateOf,
  subjectOf,
} from '../domain/ledger.js';
import {
  createSums,
  type LedgerComparison,
  type LedgerDifference,
  type LedgerInFlight,
  toDifference,
} from '../domain/ledger-comparison.js';
import { providersPaymentId } from '../domain/payment.js';
import type { Span } from '../domain/span.js';
import { inPages } from './in-pages.js';
import { createTally } from './tally.js';

/** Entries and payments of one read, and questions to the provider at the same time. Rules of thumb. */
const PAGE = 500;
const AT_ONCE = 10;

/**
 * Compares the ledger of a provider with our books, both ways, page by page. Where a page does not agree, the provider and
 * our books are asked once more about this payment, refund or dispute alone, whenever it was: what has moved at the edge
 * of the span, or while the comparison runs, is no difference.
 *
 * @param progress is called with the number of entries so far
 * @throws {DomainError} `dependency-unavailable`
 */
export async function compareLedger(
  pool: Pool,
  { name: provider, ledger }: Pick<ProviderWithDesk, 'name' | 'ledger'>,
  span: Span,
  progress: (entries: number) => void = () => undefined,
): Promise<LedgerComparison> {
  const tally = createTally();
  const sums = createSums();
  const differences = new Map<string, LedgerDifference>();
  const inFlight = new Map<string, LedgerInFlight>();
  let [entries, foreign] = [0, 0];
  const isInSpan = ({ at }: Pick<BookLine, 'at'>) => at >= span.since && at < span.until;

  async function compareEntries(page: readonly LedgerEntry[]): Promise<void> {
    const books = await booksOf(pool, provider, [...new Set(page.map(({ paymentId }) => paymentId))]);
    const groups = [...Map.groupBy(page, (entry) => keyOf({ ...entry, subject: subjectOf(entry) })).values()];
    await inParallel(groups, AT_ONCE, (group) => compareGroup(group, books.get(group[0]?.paymentId ?? '')));
    entries += page.length;
    progress(entries);
  }

  /** The entries of one page about one payment, refund or dispute. */
  async function compareGroup(group: readonly LedgerEntry[], known: Book | undefined): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const { orderId, key } = group.find((entry) => entry.orderId ?? entry.key) ?? first;
    // Whatever our books have of it: Stripe reports the refunds and disputes of all programs on the account.
    if (known?.payment === undefined && (orderId ?? key) === undefined) {
      foreign += group.length;
      return;
    }
    const reference = { subject: subjectOf(first), id: first.id, paymentId: first.paymentId };
    let [book, there] = [known, stateOf(group)];
    let here = lineOf(book, reference);
    if (!agree(there, here)) {
      there = await ledger.of(reference);
      book = (await booksOf(pool, provider, [reference.paymentId])).get(reference.paymentId);
      here = lineOf(book, reference);
    }
    for (const entry of group) sums.addEntry(entry);
    if (here !== undefined && isInSpan(here) && group.some(isFirst)) {
      // The second way reads the payments that are here, and no reports of others.
      if (book?.payment === undefined) sums.addLine(here);
      else tally.toggle(keyOf(reference));
    }
    if (!agree(there, here)) name(reference, { there, here }, { book, orderId, at: first.at, key });
  }

  function name(
    reference: LedgerReference,
    { there, here }: { readonly there: LedgerState | undefined; readonly here: BookLine | undefined },
    about: Parameters<typeof toDifference>[3] & { readonly key?: string | undefined },
  ): void {
    const id = keyOf(reference);
    if (differences.has(id) || inFlight.has(id)) return;
    const { book, key } = about;
    const pending = there?.pending && here;
    const owed = book && here === undefined ? owedBy(book, key) : undefined;
    if (pending || owed !== undefined) {
      const { amount, currency } = here?.money ?? there ?? { amount: 0, currency: '' };
      inFlight.set(owed === undefined ? id : `owed ${owed.id}`, {
        id: owed?.id ?? reference.id,
        paymentId: book?.payment?.storedId ?? reference.paymentId,
        orderId: book?.payment?.orderId ?? null,
        amount: Math.abs(amount),
        currency,
        listedAs: reference.id,
      });
      sums.addMore('inFlight', there, here?.money);
      return;
    }
    differences.set(id, toDifference(provider, reference, { there, here }, about));
    sums.addMore('difference', there, here?.money);
  }

  async function* ourPages(): AsyncGenerator<readonly Book[]> {
    for (let after = ''; ; ) {
      const page = await movedPayments(pool, provider, span.since, { after, limit: PAGE });
      const ids = page.map((paymentId) => providersPaymentId({ provider, paymentId }));
      yield [...(await booksOf(pool, provider, ids)).values()];
      after = page.at(-1) ?? '';
      if (page.length < PAGE) return;
    }
  }

  function countOurs(book: Book): void {
    for (const line of linesOf(book).filter(isInSpan)) {
      sums.addLine(line);
      tally.toggle(keyOf(line));
    }
    const { storedId: paymentId = book.paymentId, orderId = null } = book.payment ?? {};
    for (const owed of owedIn(book)) {
      if (!inFlight.has(`owed ${owed.id}`)) inFlight.set(`owed ${owed.id}`, { ...owed, paymentId, orderId });
    }
  }

  /** Those of our lines that the provider has not listed in the span. */
  async function askFor(book: Book): Promise<void> {
    for (const line of linesOf(book).filter(isInSpan)) {
      if (!tally.mayDiffer(keyOf(line)) || differences.has(keyOf(line))) continue;
      const there = await ledger.of(line);
      if (isUntaken(there, line)) sums.removeLine(line);
      if (agree(there, line)) continue;
      const again = (await booksOf(pool, provider, [line.paymentId])).get(line.paymentId);
      const here = lineOf(again, line);
      if (!agree(there, here)) name(line, { there, here }, { book: again, orderId: undefined, at: undefined });
    }
  }

  for await (const page of inPages(ledger.list(span), PAGE)) await compareEntries(page);
  for await (const books of ourPages()) for (const book of books) countOurs(book);
  if (!tally.isEmpty()) for await (const books of ourPages()) await inParallel(books, AT_ONCE, askFor);
  const found = { differences: [...differences.values()], inFlight: [...inFlight.values()] };
  return { provider, ...span, entries: entries - foreign, foreign, sums: sums.all(), ...found };
}

const keyOf = ({ subject, id }: Pick<LedgerReference, 'subject' | 'id'>): string => `${subject} ${id}`;
