import type { ExecutionContext } from 'ava';
import type { Pool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import type { NewProduct } from '../../src/db/products.js';
import { markOrderRefunded } from '../../src/db/refunds/refund-outcomes.js';
import { storeReport } from '../../src/db/reports/store-report.js';
import type { ProviderWithDesk } from '../../src/domain/begun-payment.js';
import type { Checkout } from '../../src/domain/checkout.js';
import type { LedgerComparison } from '../../src/domain/ledger-comparison.js';
import type { RefundOrder } from '../../src/domain/payment.js';
import type { Span } from '../../src/domain/span.js';
import { compareLedger } from '../../src/process/compare-ledger.js';
import { reconcilePayments } from '../../src/process/reconcile-payments.js';
import { paymentEvent } from '../db/payment-events.js';
import { startProvider } from './begun.js';
import { openPool, placeOrder, product, shopDatabase } from './database.js';
import { refundOf } from './refunds.js';
import { closedReport, disputeReport, refundReport } from './reports.js';

/** All that has happened until a minute from now, by the clock of any process. */
export const always = (): Span => ({ since: new Date(0), until: new Date(Date.now() + 60_000) });

interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** A shop and the payment simulator, whose webhooks never come: a test says which reports reach the shop. */
export async function shopWithProvider(
  t: ExecutionContext,
  products: readonly NewProduct[] = [product({ stock: 10_000 })],
) {
  const { pool, url } = await shopDatabase(t, products);
  const simulator = await startProvider(t);
  const { provider } = simulator;
  const settlements = createSettlements(pool);
  const { receive } = settlements;
  const of = { provider: provider.name };

  async function post<T>(path: string, body: object = {}): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  const there = {
    /** A customer pays, at the provider only. */
    pay: async (order: Money & { readonly orderId: string }) => {
      const { orderId, amount, currency } = order;
      return (await post<{ paymentId: string }>('/payments', { orderId, amount, currency })).paymentId;
    },
    refund: async (paymentId: string, amount?: number) =>
      await post<Refunded>(`/payments/${paymentId}/refunds`, { amount }),
    /** As the worker asks for a refund. */
    refundByKey: async (key: string, of: Money & { readonly paymentId: string }) => ({
      ...of,
      ...(await refundThere(provider, { key, ...of, reason: 'test' })),
    }),
    failRefund: async (refundId: string) => await post<Refunded>(`/refunds/${refundId}/fail`),
    dispute: async (paymentId: string, amount?: number) =>
      await post<Money & { disputeId: string }>(`/payments/${paymentId}/disputes`, { amount }),
    close: async (disputeId: string, outcome: 'won' | 'lost') =>
      await post(`/disputes/${disputeId}/close`, { outcome }),
  };
  const here = {
    paid: async (paymentId: string, order: Pick<Checkout, 'orderId'> & Money) => {
      const { orderId, amount, currency } = order;
      await receive(paymentEvent({ ...of, paymentId, orderId, amount, currency }));
    },
    refunded: async (refund: Refunded) => await storeReport(pool, refundReport({ ...of, ...refund })),
    refundFailed: async (refund: Refunded) =>
      await storeReport(pool, refundReport({ ...of, ...refund, type: 'refund.failed', failure: 'closed account' })),
    disputed: async (dispute: { paymentId: string; disputeId: string } & Money) =>
      await storeReport(pool, disputeReport({ ...of, ...dispute })),
    closed: async (dispute: { paymentId: string; disputeId: string } & Money, outcome: 'won' | 'lost') =>
      await storeReport(pool, closedReport({ ...of, ...dispute }, outcome)),
  };

  /** An order that is paid, at the provider and here. */
  async function sold(overrides: Parameters<typeof placeOrder>[1] = {}) {
    const order = await placeOrder(pool, overrides);
    const paymentId = await there.pay(order);
    await here.paid(paymentId, order);
    await settleOrder(pool, order.orderId, { kind: 'payment', paymentId });
    return { ...order, paymentId };
  }

  /** Sends a part of a paid order back, as the worker does. */
  async function sendBack(orderId: string, amount: number): Promise<string> {
    const { refundId, paymentId, currency } = await refundOf(pool, orderId, { amount });
    const key = `refund:${refundId}`;
    const made = await refundThere(provider, { key, paymentId: paymentId ?? '', amount, currency, reason: 'test' });
    await markOrderRefunded(pool, refundId, made.refundId);
    return made.refundId;
  }

  return {
    ...{ pool, url, simulator, provider, there, here, sold, sendBack, settlements },
    compare: (span: Span = always()) => compareLedger(pool, provider, span),
    reconcile: () => reconcileAll(pool, provider, settlements.receive),
    openPool: () => openPool(t, url),
  };
}

/** @throws when the provider refuses it */
export async function refundThere(provider: ProviderWithDesk, order: RefundOrder) {
  const made = await provider.refund(order);
  if (made.refused !== undefined) throw new Error(made.refused);
  return made;
}

type Refunded = { readonly refundId: string; readonly paymentId: string } & Money;

/** What `orders payments reconcile` does. */
const reconcileAll = (
  pool: Pool,
  provider: ProviderWithDesk,
  receive: ReturnType<typeof createSettlements>['receive'],
) => reconcilePayments({ pool, receive, report: (report) => storeReport(pool, report) }, provider, always());

/** `subject there here` of each difference, sorted. */
export const differencesOf = ({ differences }: LedgerComparison): string[] =>
  differences.map(({ subject, there, here }) => `${subject}: ${money(there)} there, ${money(here)} here`).toSorted();

const money = (one: Money | null): string => (one === null ? 'nothing' : `${one.amount} ${one.currency}`);

/** Without what is 0: `{ currency, paidIn, paidOut, sold, … }`. */
export const sumsOf = ({ sums }: LedgerComparison): object[] =>
  sums.map((sum) => Object.fromEntries(Object.entries(sum).filter(([, value]) => value !== 0)));
