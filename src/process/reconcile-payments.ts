import type { Pool } from '../db/driver/pool.js';
import { paymentsAmong, paymentsReceived } from '../db/payments/compared-payments.js';
import { findPayment, type StoredPayment } from '../db/payments/payments.js';
import { isUncaptured } from '../domain/authorisation.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import { DomainError } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { MoneyReport, ReportStoredAs } from '../domain/money-report.js';
import { type PaymentEvent, providersPaymentId, type StoredEvent } from '../domain/payment.js';
import type { Span } from '../domain/span.js';
import { foundEvent } from '../payments/found-event.js';
import { inPages } from './in-pages.js';
import { type FoundReport, reconcileLedger } from './reconcile-ledger.js';

/** Payments of one read, and of the settlements that run at the same time. Rules of thumb. */
const PAGE = 100;
const AT_ONCE = 20;

/**
 * Providers list payments by the time of their begin, and a customer may pay later: so much earlier payments are asked for
 * too. A rule of thumb.
 */
const BEGUN_BEFORE_MS = 24 * 3_600_000;

type Money = Pick<PaymentEvent, 'amount' | 'currency'>;

/** A payment that its provider lists and we did not have. `missing`: of a dry run. `conflict`: it could not be stored. */
export interface FoundPayment extends Money {
  readonly paymentId: string;
  readonly orderId: string;
  readonly result: StoredPayment['status'] | 'missing' | 'conflict';
}

/** A payment that we have, and that its provider does not have as paid (`there` is null), or has with another amount. */
export interface DifferentPayment extends Money {
  readonly paymentId: string;
  readonly orderId: string;
  readonly there: Money | null;
}

export interface Reconciled {
  readonly provider: string;
  /** The payments that the provider lists, and those of ours that were compared. */
  readonly listed: number;
  readonly ours: number;
  readonly found: readonly FoundPayment[];
  readonly different: readonly DifferentPayment[];
  /** Refunds and disputes; null when the provider has no ledger. */
  readonly reports: readonly FoundReport[] | null;
}

/**
 * Compares what a provider lists with our payments, both ways. A payment that we do not have takes the webhook's way; a
 * webhook that comes later changes nothing. A payment that the provider does not have is named, and nothing changes.
 *
 * @param deps.receive stores and decides an event, as a webhook's, and `deps.report` what happened at the provider; a dry run
 *   has none
 * @throws {DomainError} `dependency-unavailable`
 */
export async function reconcilePayments(
  deps: {
    readonly pool: Pool;
    readonly receive: ((event: PaymentEvent) => Promise<StoredEvent>) | undefined;
    readonly report?: ((report: MoneyReport) => Promise<ReportStoredAs>) | undefined;
  },
  provider: ProviderWithDesk,
  span: Span,
): Promise<Reconciled> {
  const { pool, receive } = deps;
  const listed = new Set<string>();
  const found: FoundPayment[] = [];
  const different: DifferentPayment[] = [];

  async function compareListed(events: readonly PaymentEvent[]): Promise<void> {
    const ids = events.map(({ paymentId }) => paymentId);
    const known = new Map(
      (await paymentsAmong(pool, provider.name, ids)).map((payment) => [providersPaymentId(payment), payment]),
    );
    for (const event of events) {
      const { paymentId, amount, currency } = event;
      const payment = known.get(paymentId);
      if (payment !== undefined && !isCapturedThere(event, payment)) compare(payment, { amount, currency });
    }
    const missing = events.filter((event) => isCapturedThere(event, known.get(event.paymentId)));
    const results = await inParallel(missing, AT_ONCE, take);
    found.push(...results.filter((one) => one !== undefined));
  }

  /** An authorisation counts with all of its amount, a captured one with what was captured. */
  function compare(payment: StoredPayment, there: Money | null): void {
    const { paymentId, orderId, currency, uncapturedAmount } = payment;
    const amount = isUncaptured(payment) ? payment.amount : payment.amount - uncapturedAmount;
    if (there?.amount === amount && there.currency === currency) return;
    different.push({ paymentId, orderId, amount, currency, there });
  }

  /** @returns `undefined` for a payment of another shop */
  async function take(event: PaymentEvent): Promise<FoundPayment | undefined> {
    const { paymentId, orderId, amount, currency } = event;
    const as = (result: FoundPayment['result']): FoundPayment => ({ paymentId, orderId, amount, currency, result });
    if (receive === undefined) return as('missing');
    try {
      const stored = await receive(event);
      if (stored.as === 'foreign') return undefined;
      const payment = await findPayment(pool, stored.paymentId ?? paymentId);
      return as(stored.as === 'contradicting' ? 'conflict' : (payment?.status ?? 'conflict'));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'event-conflict') return as('conflict');
      throw error;
    }
  }

  async function compareOurs(): Promise<number> {
    let count = 0;
    for (let after = ''; ; ) {
      const page = await paymentsReceived(pool, provider.name, span, { after, limit: PAGE });
      // What was authorised and has ended without a capture is no money there, and none here.
      const others = page.filter((payment) => !listed.has(providersPaymentId(payment)) && !isUncaptured(payment));
      await inParallel(others, AT_ONCE, async (payment) => {
        compare(payment, (await provider.desk.find(providersPaymentId(payment))) ?? null);
      });
      count += page.length;
      after = page.at(-1)?.paymentId ?? '';
      if (page.length < PAGE) return count;
    }
  }

  /** A payment may be listed twice, as itself and as a part of a session. */
  async function* listedOnce(): AsyncGenerator<PaymentEvent> {
    const begun = { since: new Date(span.since.getTime() - BEGUN_BEFORE_MS), until: span.until };
    for await (const event of provider.desk.list(begun)) {
      if (listed.has(event.paymentId)) continue;
      listed.add(event.paymentId);
      yield event;
    }
  }

  for await (const page of inPages(listedOnce(), PAGE)) await compareListed(page);
  // Before our payments are looked at: the ledger has those that began longer ago, and were paid in the span.
  const reports = await reconcileLedger(pool, provider, span, deps.report, async (payment) => {
    if (listed.has(payment.paymentId)) return;
    listed.add(payment.paymentId);
    await compareListed([foundEvent(provider.name, payment)]);
  });
  const ours = await compareOurs();
  return { provider: provider.name, listed: listed.size, ours, found, different, reports: reports ?? null };
}

/** Whether the provider lists a payment that we do not have, or whose capture we do not know of. */
const isCapturedThere = ({ type }: PaymentEvent, ours: StoredPayment | undefined): boolean =>
  ours === undefined || (type === 'payment.succeeded' && isUncaptured(ours));
