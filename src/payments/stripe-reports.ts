import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DisputeReport, MoneyReport, RefundReport } from '../domain/money-report.js';
import type { NotOurs } from '../domain/payment.js';
import { amount, visible } from './schemas.js';
import { envelope, inOurUnits, STRIPE, unreadable } from './stripe-read.js';

/** Stripe's refunds and disputes, as its events show them. */

const currency = z.string().regex(/^[A-Za-z]{3}$/, { error: 'expected an ISO 4217 code' });
const money = { id: visible(200), payment_intent: visible(200).nullable(), amount, currency };

const refund = z.object({
  ...money,
  status: z.string().nullish(),
  failure_reason: z.string().nullish(),
  metadata: z.object({ key: z.string().optional() }).nullish().catch(undefined),
});
const dispute = z.object({ ...money, status: z.string(), reason: z.string().nullish() });

export const stripeReportObjects = [refund, dispute] as const;

type Distributed<R> = R extends unknown
  ? Omit<R, 'provider' | 'eventId' | 'bodySha256' | 'paymentId'> & { readonly paymentId: string | null }
  : never;
/** `paymentId` is null where the charge has no payment intent. */
type StripeReport = Distributed<RefundReport | DisputeReport>;

const lost = new Set(['failed', 'canceled']);
/** Stripe takes a refund from the balance when it is created, so a pending one has been made. */
const made = new Set(['succeeded', 'pending']);

function ofRefund(object: object): StripeReport | undefined {
  const { id, payment_intent: paymentId, amount: units, currency: code, status, ...more } = refund.parse(object);
  const key = more.metadata?.key;
  const common = { refundId: id, paymentId, amount: units, currency: code, ...(key && { key }) };
  if (lost.has(status ?? '')) {
    return {
      type: 'refund.failed',
      ...common,
      failure: `Stripe's refund ${id} is ${status}: ${more.failure_reason ?? 'no reason'}`,
    };
  }
  return made.has(status ?? '') ? { type: 'refund.succeeded', ...common } : undefined;
}

function ofDispute(object: object, isClosed: boolean): StripeReport {
  const { id, payment_intent: paymentId, amount: units, currency: code, status, reason } = dispute.parse(object);
  const common = { disputeId: id, paymentId, amount: units, currency: code, ...(reason && { reason }) };
  if (!isClosed) return { type: 'dispute.opened', ...common };
  // An inquiry that is closed (`warning_closed`) has taken no money.
  return { type: 'dispute.closed', ...common, outcome: status === 'lost' ? 'lost' : 'won' };
}

/** By the type of the event. `undefined` for a refund whose money has not moved. */
const kinds: ReadonlyMap<string, (object: object) => StripeReport | undefined> = new Map([
  ['refund.created', ofRefund],
  ['refund.updated', ofRefund],
  ['refund.failed', ofRefund],
  ['charge.dispute.created', (object) => ofDispute(object, false)],
  ['charge.dispute.closed', (object) => ofDispute(object, true)],
]);

/**
 * Reads a signed event of a refund or a dispute; `undefined` for another event. A charge without a payment intent is of
 * another program.
 */
export function readStripeReport(body: unknown): MoneyReport | NotOurs | undefined {
  const event = envelope.safeParse(body).data;
  const reportOf = event && kinds.get(event.type);
  if (event === undefined || reportOf === undefined) return undefined;
  try {
    const read = reportOf(event.data.object);
    if (read === undefined) return { result: 'ignored', type: 'unknown' };
    const { paymentId } = read;
    if (paymentId === null) return { result: 'foreign', type: read.type };
    const report = { ...inOurUnits(read), paymentId };
    const bodySha256 = createHash('sha256').update(JSON.stringify(report)).digest();
    return { ...report, provider: STRIPE, eventId: event.id, bodySha256 };
  } catch (error) {
    if (error instanceof z.ZodError) return unreadable('unknown', body, error);
    throw error;
  }
}

const ofPayment = { payment_intent: 'pi_3QxA', amount: 500, currency: 'eur' };

export const stripeReportExamples = {
  refund: {
    id: 'evt_1QxC',
    type: 'refund.created',
    data: { object: { id: 're_3QxA', ...ofPayment, status: 'succeeded', metadata: {} } },
  },
  dispute: {
    id: 'evt_1QxD',
    type: 'charge.dispute.created',
    data: { object: { id: 'dp_1QxA', ...ofPayment, status: 'needs_response', reason: 'fraudulent' } },
  },
};
