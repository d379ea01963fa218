import type { SettlementCause } from '../src/domain/settlement.js';
import type { CancelRequested, PaymentReceived } from './contract.js';

/** Causes that wait for their settlement, at the most. The payments sweep reports again what is dropped beyond. */
const PENDING = 1_000;
/** Causes that are remembered after their settlement, the newest of them. */
const REMEMBERED = 200;
/** A cause whose settlement decided nothing is settled again so often at once, and then after pauses. */
const FREE_ASKS = 3;
const PAUSE_MS = 60_000;

/** `again` is from when on (epoch milliseconds) the cause is settled again; null when it is decided. */
interface Settled {
  readonly key: string;
  readonly asks: number;
  readonly again: number | null;
}

/** What a next run of the workflow goes on from. The names of the fields are in the histories of runs that are open. */
export interface CausesSoFar {
  readonly pending: readonly SettlementCause[];
  readonly heard: readonly Settled[];
}

/**
 * The causes that an order's workflow was signaled, in the order they came, and which of them need no settlement: one
 * that is pending or being settled already, one that is decided, and one that decided nothing several times.
 *
 * A payment that decided nothing may be stored later, so it is settled again; also later than the first pauses, since
 * the payments sweep reports each undecided payment again.
 */
export function createCauses(soFar: CausesSoFar = { pending: [], heard: [] }) {
  const pending = [...soFar.pending];
  const open = new Set(pending.map(keyOf));
  const remembered = new Map(soFar.heard.map((one) => [one.key, one]));

  return {
    size: () => pending.length,
    isRepeat(cause: SettlementCause, now: number): boolean {
      const before = remembered.get(keyOf(cause));
      const ignored = before !== undefined && (before.again === null || before.again > now);
      return ignored || open.has(keyOf(cause)) || pending.length >= PENDING;
    },
    add(cause: SettlementCause): void {
      pending.push(cause);
      open.add(keyOf(cause));
    },
    next: (): SettlementCause | undefined => pending.shift(),
    /** @param decided whether the settlement has decided what the cause names */
    settled(cause: SettlementCause, decided: boolean, now: number): void {
      const key = keyOf(cause);
      open.delete(key);
      const asks = (remembered.get(key)?.asks ?? 0) + 1;
      remembered.delete(key);
      remembered.set(key, { key, asks, again: decided ? null : asks < FREE_ASKS ? now : now + PAUSE_MS });
      const [oldest] = remembered.keys();
      if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    },
    soFar: (): CausesSoFar => ({ pending: [...pending], heard: [...remembered.values()] }),
  };
}

function keyOf(cause: SettlementCause): string {
  switch (cause.kind) {
    case 'payment':
      return `payment ${cause.paymentId}`;
    case 'cancel':
      return `cancel ${cause.reason}`;
    case 'expired':
      return 'expired';
  }
}

/** Anybody who reaches Temporal can send a signal: what the database could not even look up is no cause. */
export const paymentCause = (signal: Partial<PaymentReceived> | undefined): SettlementCause | undefined =>
  isText(signal?.paymentId, /^[ -~]{1,255}$/) ? { kind: 'payment', paymentId: signal.paymentId } : undefined;

export const cancelCause = (signal: Partial<CancelRequested> | undefined): SettlementCause | undefined =>
  isText(signal?.reason, /^[a-z-]{1,64}$/) ? { kind: 'cancel', reason: signal.reason } : undefined;

const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value);
