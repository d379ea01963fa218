import { createHash, randomUUID } from 'node:crypto';
import type { DisputeReport, RefundReport } from '../../src/domain/money-report.js';

/** What a provider reports, as the webhook reader returns it. */

type Given<R> = Partial<R> & { readonly paymentId: string };

const withDigest = <R extends object>(report: R): R & { bodySha256: Buffer } => ({
  bodySha256: createHash('sha256').update(JSON.stringify(report)).digest(),
  ...report,
});

export const refundReport = (given: Given<RefundReport>): RefundReport =>
  withDigest({
    provider: 'test',
    eventId: randomUUID(),
    type: 'refund.succeeded' as const,
    refundId: `ref-${randomUUID()}`,
    amount: 500,
    currency: 'EUR',
    ...given,
  });

export const disputeReport = (given: Given<DisputeReport>): DisputeReport =>
  withDigest({
    provider: 'test',
    eventId: randomUUID(),
    type: 'dispute.opened' as const,
    disputeId: `dis-${randomUUID()}`,
    amount: 1_250,
    currency: 'EUR',
    ...given,
  });

export const closedReport = (given: Given<DisputeReport>, outcome: 'won' | 'lost'): DisputeReport =>
  disputeReport({ ...given, type: 'dispute.closed', outcome });
