import { z } from 'zod';
import type { DisputeReport, RefundReport } from '../domain/money-report.js';
import { amount, currencyCode, paymentId, visible } from './schemas.js';

/** What a provider of Standard Webhooks reports about its refunds and disputes. */

const text = z.string({ error: 'expected a text' }).max(500, { error: 'expected at most 500 characters' }).optional();

const money = { paymentId, amount, currency: currencyCode };

const refund = z.object({ refundId: visible(200), ...money, key: visible(255).optional() });

const OUTCOME = 'expected won or lost';

/** Unknown fields are accepted, as in events of payments. */
export const standardReports = [
  z.object({ type: z.literal('refund.succeeded'), data: refund }),
  z.object({ type: z.literal('refund.failed'), data: refund.extend({ failure: text }) }),
  z.object({ type: z.literal('dispute.opened'), data: z.object({ disputeId: visible(200), ...money, reason: text }) }),
  z.object({
    type: z.literal('dispute.closed'),
    data: z.object({
      disputeId: visible(200),
      ...money,
      reason: text,
      outcome: z.enum(['won', 'lost'], { error: OUTCOME }),
    }),
  }),
] as const;

type Read = z.infer<(typeof standardReports)[number]>;

/** What every event has. */
type Signed = Pick<RefundReport, 'provider' | 'eventId' | 'bodySha256'>;

/** The known fields of a report. */
export function toReport({ type, data }: Read, signed: Signed): RefundReport | DisputeReport {
  const { paymentId: id, amount: units, currency } = data;
  const common = { ...signed, paymentId: id, amount: units, currency };
  if (type === 'refund.succeeded' || type === 'refund.failed') {
    const failure = 'failure' in data ? data.failure : undefined;
    const { refundId, key } = data;
    return { ...common, type, refundId, ...(key !== undefined && { key }), ...(failure !== undefined && { failure }) };
  }
  const { disputeId, reason } = data;
  const outcome = 'outcome' in data ? { outcome: data.outcome } : {};
  return { ...common, type, disputeId, ...outcome, ...(reason !== undefined && { reason }) };
}

const example = { paymentId: 'pay_01a21bd1', amount: 500, currency: 'EUR' };

export const reportExamples = {
  'refund made': { type: 'refund.succeeded', data: { refundId: 'ref_01a21bd2', ...example } },
  'refund failed': {
    type: 'refund.failed',
    data: {
      refundId: 'ref_01a21bd2',
      ...example,
      key: 'refund:01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10',
      failure: 'account closed',
    },
  },
  'dispute opened': { type: 'dispute.opened', data: { disputeId: 'dis_01a21bd3', ...example, reason: 'fraudulent' } },
  'dispute closed': { type: 'dispute.closed', data: { disputeId: 'dis_01a21bd3', ...example, outcome: 'lost' } },
} as const;
