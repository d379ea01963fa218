import { v7 as uuid } from 'uuid';
import type { Payment, Refund } from './money.js';

type Kind = 'payment' | 'refund' | 'refund-failed' | 'dispute' | 'dispute-reversed';

/** A movement of the shop's money. `amount` is never negative: the kind says in which way the money went. */
export type Entry = {
  id: string;
  kind: Kind;
  paymentId: string;
  orderId?: string;
  refundId?: string;
  disputeId?: string;
  /** The key under which the shop has asked for the refund. */
  key?: string;
  amount: number;
  currency: string;
  time: string;
};

type Moved = Omit<Entry, 'id' | 'time'>;

/** The ledger of all movements, the oldest first. A movement that was written is never changed. */
export function createEntries(clock: () => Date) {
  const entries: Entry[] = [];
  const written = new Set<string>();

  /** Writes a movement of a payment, a refund or a dispute, each kind once. */
  function write(moved: Moved): void {
    const once = `${moved.kind} ${moved.disputeId ?? moved.refundId ?? moved.paymentId}`;
    if (written.has(once)) return;
    written.add(once);
    entries.push({ id: `led_${uuid()}`, ...moved, time: clock().toISOString() });
  }

  const ofRefund = (kind: Kind, { refundId, paymentId, amount, currency }: Refund, key: string | undefined) =>
    write({ kind, paymentId, refundId, ...(key !== undefined && { key }), amount, currency });

  return {
    /** A payment moves money when it has succeeded. */
    ofPayment({ paymentId, orderId, amount, currency, status }: Payment): void {
      if (status === 'succeeded') write({ kind: 'payment', paymentId, orderId, amount, currency });
    },
    refunded: (refund: Refund, key?: string) => ofRefund('refund', refund, key),
    refundFailed: (refund: Refund, key?: string) => ofRefund('refund-failed', refund, key),
    /** A dispute takes the money when it is opened, and gives it back when it is won. */
    ofDispute(
      kind: 'dispute' | 'dispute-reversed',
      dispute: Pick<Moved, 'paymentId' | 'amount' | 'currency'> & { disputeId: string },
    ): void {
      const { disputeId, paymentId, amount, currency } = dispute;
      write({ kind, paymentId, disputeId, amount, currency });
    },
    all: (): readonly Entry[] => entries,
  };
}

export type Entries = ReturnType<typeof createEntries>;
