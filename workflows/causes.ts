import type { SettlementCause } from '../src/domain/settlement.js';
import type { CancelRequested, OrderStanding, PaymentReceived } from './contract.js';
import { isText, readStanding } from './reported-standing.js';

/**
 * At most so many causes wait for their settlement. The payments sweep reports a dropped payment again. A rule of
 * thumb.
 */
const MOST_PENDING = 1_000;
/** So many settled causes are remembered, the newest ones. With the pending ones they fit into a workflow's input. */
const MOST_REMEMBERED = 200;
/**
 * The first three signals of a cause that decides nothing are settled at once; then one a minute. The other signals are
 * dropped. Rules of thumb.
 */
const PROMPT_TRIES = 3;
const PAUSE_MS = 60_000;

/** A cause, with what the database had already decided when its signal was sent. */
export type Cause = SettlementCause & { readonly decided?: OrderStanding };

/**
 * A cause after its settlement. `asks` counts its settlements. `again` is the time (epoch milliseconds) from which on
 * the cause is settled again, or null when the settlement decided the cause.
 */
interface Settled {
  readonly key: string;
  readonly asks: number;
  readonly again: number | null;
}

/** What the next run of the workflow continues from. Histories of open runs hold these names, so the names stay. */
export interface CausesSoFar {
  readonly pending: readonly Cause[];
  readonly heard: readonly Settled[];
}

/**
 * The causes that signals brought to an order's workflow, in the order of their arrival. A cause needs no settlement
 * when the cause is pending, is being settled, is decided, or decided nothing several times a moment ago.
 *
 * A payment that decides nothing now may decide the order later, when the payment is stored. The payments sweep reports
 * each undecided payment again, so the workflow settles such a payment again after a pause. The pause delays no report
 * of what the database has decided.
 */
export function createCauses(soFar: CausesSoFar = { pending: [], heard: [] }) {
  const pending = [...soFar.pending];
  const open = new Set(pending.map(keyOf));
  const remembered = new Map(soFar.heard.map((settled) => [settled.key, settled]));

  return {
    size: () => pending.length,
    isNeedless(cause: Cause, now: number): boolean {
      const before = remembered.get(keyOf(cause));
      // A report says what the database has decided since, so a report is not dropped during the pause.
      const isPaused =
        before !== undefined && before.again !== null && cause.decided === undefined && before.again > now;
      const isSettled = before?.again === null || isPaused;
      return isSettled || open.has(keyOf(cause)) || pending.length >= MOST_PENDING;
    },
    add(cause: Cause): void {
      pending.push(cause);
      open.add(keyOf(cause));
    },
    next: (): Cause | undefined => pending.shift(),
    /** The order's end, when a waiting signal reports it. */
    reportedEnd: (): OrderStanding | undefined =>
      pending.map(({ decided }) => decided).find((decided) => decided !== undefined && decided.status !== 'placed'),
    /** @param decided whether the settlement has decided the payment that the cause names */
    settled(cause: SettlementCause, decided: boolean, now: number): void {
      const key = keyOf(cause);
      open.delete(key);
      const asks = (remembered.get(key)?.asks ?? 0) + 1;
      remembered.delete(key);
      remembered.set(key, { key, asks, again: decided ? null : asks < PROMPT_TRIES ? now : now + PAUSE_MS });
      const [oldest] = remembered.keys();
      if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
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
    case 'nothing-to-pay':
      return cause.kind;
  }
}

/** Every client of Temporal can send a signal. A payment id that the database cannot look up is no cause. */
export const paymentCause = (orderId: string, signal: Partial<PaymentReceived> | undefined): Cause | undefined =>
  isText(signal?.paymentId, /^[ -~]{1,255}$/)
    ? { kind: 'payment', paymentId: signal.paymentId, ...decidedIn(orderId, signal) }
    : undefined;

export const cancelCause = (orderId: string, signal: Partial<CancelRequested> | undefined): Cause | undefined =>
  isText(signal?.reason, /^[a-z-]{1,64}$/)
    ? { kind: 'cancel', reason: signal.reason, ...decidedIn(orderId, signal) }
    : undefined;

function decidedIn(orderId: string, signal: { readonly order?: unknown }): Pick<Cause, 'decided'> {
  const decided = readStanding(orderId, signal.order);
  return decided === undefined ? {} : { decided };
}
