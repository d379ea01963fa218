import { v7 as uuid } from 'uuid';
import type { Entries } from './entries.js';
import type { Payment, Refund } from './money.js';
import { ProblemError } from './problem.js';

export type Dispute = {
  disputeId: string;
  paymentId: string;
  amount: number;
  currency: string;
  status: 'open' | 'won' | 'lost';
  createdAt: string;
};

type Books = {
  payments: ReadonlyMap<string, Payment>;
  /** By their keys; refunds of the dashboard have a key of the simulator's own. */
  refundsByKey: Map<string, { request: object; refund: Refund; byHand?: true }>;
  leftOf: (payment: Payment) => number;
  clock: () => Date;
  entries: Entries;
};

/** What a person does in the provider's dashboard, and what banks do. */
export function createDashboard({ payments, refundsByKey, leftOf, clock, entries }: Books) {
  const disputes = new Map<string, Dispute>();

  function payment(paymentId: string): Payment {
    const known = payments.get(paymentId);
    if (known) return known;
    throw new ProblemError(404, 'Unknown payment', `There is no payment ${paymentId}`);
  }

  /** @throws {ProblemError} 404, or 410 where less is left */
  function refundByHand(paymentId: string, asked?: number): Refund {
    const of = payment(paymentId);
    const left = leftOf(of);
    const amount = asked ?? left;
    if (amount > left || left === 0) throw new ProblemError(410, 'Not refundable', `${left} of ${paymentId} is left`);
    const refundId = `ref_${uuid()}`;
    const refund: Refund = {
      paymentId,
      amount,
      currency: of.currency,
      reason: 'dashboard',
      refundId,
      status: 'succeeded',
      createdAt: clock().toISOString(),
    };
    refundsByKey.set(`dashboard ${refundId}`, { request: {}, refund, byHand: true });
    entries.refunded(refund);
    return refund;
  }

  /** A refund fails after it was made: the money is back at the shop. A second call changes nothing. */
  function failRefund(refundId: string): { key: string | undefined; refund: Refund } {
    const found = [...refundsByKey].find(([, { refund }]) => refund.refundId === refundId);
    if (!found) throw new ProblemError(404, 'Unknown refund', `There is no refund ${refundId}`);
    const [key, entry] = found;
    const refund: Refund = {
      ...entry.refund,
      status: 'failed',
      failedAt: entry.refund.failedAt ?? clock().toISOString(),
    };
    refundsByKey.set(key, { ...entry, refund });
    const asked = entry.byHand ? undefined : key;
    entries.refundFailed(refund, asked);
    return { key: asked, refund };
  }

  function openDispute(paymentId: string, amount?: number): Dispute {
    const of = payment(paymentId);
    const dispute: Dispute = {
      disputeId: `dis_${uuid()}`,
      paymentId,
      amount: amount ?? of.amount,
      currency: of.currency,
      status: 'open',
      createdAt: clock().toISOString(),
    };
    disputes.set(dispute.disputeId, dispute);
    entries.ofDispute('dispute', dispute);
    return dispute;
  }

  /** The first end of a dispute counts. */
  function closeDispute(disputeId: string, outcome: 'won' | 'lost'): Dispute {
    const known = disputes.get(disputeId);
    if (!known) throw new ProblemError(404, 'Unknown dispute', `There is no dispute ${disputeId}`);
    const closed: Dispute = known.status === 'open' ? { ...known, status: outcome } : known;
    disputes.set(disputeId, closed);
    if (closed.status === 'won') entries.ofDispute('dispute-reversed', closed);
    return closed;
  }

  return { refundByHand, failRefund, openDispute, closeDispute, disputes: () => [...disputes.values()] };
}
