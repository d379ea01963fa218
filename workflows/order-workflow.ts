import {
  CancellationScope,
  condition,
  continueAsNew,
  patched,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SettlementCause } from '../src/domain/settlement.js';
import { recordOrder } from './activities.js';
import { type CausesSoFar, cancelCause, createCauses, paymentCause } from './causes.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';
import { cancelRequested, orderState, paymentReceived } from './messages.js';
import { showStanding } from './presentation.js';
import { refund, settle } from './settle.js';

/** Events of one run at the most, about; an order's usual life has some twenty. */
const LONG = 1_000;

type Owed = NonNullable<OrderStanding['refund']>;

/** What the run before handed on. */
interface SoFar {
  readonly order: OrderStanding;
  readonly causes: CausesSoFar;
  readonly owed: readonly Owed[];
}

/**
 * An order's life: it is recorded, waits for its payment until the deadline, and ends `paid` or `canceled`. The
 * database decides which; the workflow follows. It closes when all that was asked is answered and no money is owed.
 * A history that many signals have made long goes on in a new run.
 */
export async function orderWorkflow(input: OrderWorkflowInput, before?: SoFar): Promise<OrderStanding> {
  const { orderId } = input;
  const causes = createCauses(before?.causes);
  const owed: Owed[] = [];
  const nothingOwed = () => owed.length === 0;
  let order: OrderStanding | null = before?.order ?? null;
  let settledWhileOverdue = false;
  let bounded: boolean | undefined;

  setHandler(paymentReceived, (payment) => ask(paymentCause(payment)));
  setHandler(cancelRequested, (request) => ask(cancelCause(request)));
  setHandler(orderState, () => order);
  // A signal that no handler takes would be kept for ever.
  setDefaultSignalHandler(() => undefined);
  onCancelButton(() => ask({ kind: 'cancel', reason: 'operator-request' }));

  return await CancellationScope.nonCancellable(async () => {
    for (const one of before?.owed ?? []) void payBack(one);
    order ??= await recordOrder.executeWithOptions({ summary: 'write the order and its items' }, [orderId]);
    showStanding(order, input);

    let aheadOfDatabaseMs = 0;
    while (order.status === 'placed') {
      if (isLong()) await goOnInNewRun(order);
      const cause = await nextCause(order, aheadOfDatabaseMs);
      if (cause === undefined) continue;
      order = await settleBy(cause);
      aheadOfDatabaseMs = cause.kind === 'expired' ? order.expiresInMs : 0;
    }

    for (;;) {
      await condition(() => causes.size() > 0 || nothingOwed() || isLong());
      if (causes.size() === 0 && nothingOwed()) return order;
      if (isLong()) await goOnInNewRun(order);
      const late = causes.next();
      if (late !== undefined) order = await settleBy(late);
    }
  });

  function ask(cause: SettlementCause | undefined): void {
    if (cause === undefined) return;
    const needless = cause.kind === 'cancel' && order !== null && order.status !== 'placed';
    if ((needless || causes.isRepeat(cause, Date.now())) && isBounded()) return;
    causes.add(cause);
  }

  /**
   * The deadline is the checkout's, however long the order waited in the queue. Past it, what was asked and the
   * deadline are settled in turn: no number of signals keeps an order from its end. Nothing when the history is long.
   */
  async function nextCause({ expiresAt }: OrderStanding, atLeastMs: number): Promise<SettlementCause | undefined> {
    const wait = Math.max(Date.parse(expiresAt) - Date.now(), atLeastMs);
    const summary = `hold the stock until ${expiresAt}`;
    const woken = wait > 0 && (await condition(() => causes.size() > 0 || isLong(), wait, { summary }));
    if (wait <= 0 && settledWhileOverdue && causes.size() > 0 && isBounded()) {
      settledWhileOverdue = false;
      return { kind: 'expired' };
    }
    settledWhileOverdue = wait <= 0;
    return causes.next() ?? (woken ? undefined : { kind: 'expired' });
  }

  async function settleBy(cause: SettlementCause): Promise<OrderStanding> {
    const wasPlaced = order?.status === 'placed';
    const standing = await settle(orderId, cause);
    showStanding(standing, input);
    causes.settled(cause, isDecided(cause, standing, wasPlaced), Date.now());
    if (standing.refund !== null) void payBack(standing.refund);
    return standing;
  }

  /** Goes on beside the order's life: a provider that is down must not hold back the next payment, nor the deadline. */
  async function payBack(one: Owed): Promise<void> {
    owed.push(one);
    await refund(one);
    owed.splice(owed.indexOf(one), 1);
  }

  /** Marked in the history only where it matters; a run that began before this rule and met a repeat ends without it. */
  function isBounded(): boolean {
    bounded ??= patched('bounded-history');
    return bounded;
  }

  function isLong(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return (continueAsNewSuggested || historyLength >= LONG) && isBounded();
  }

  /** A refund that is under way is asked for again under the same key. */
  async function goOnInNewRun(standing: OrderStanding): Promise<never> {
    return await continueAsNew<typeof orderWorkflow>(input, { order: standing, causes: causes.soFar(), owed });
  }
}

/** A payment that the settlement accepted, or has sent back. */
function isDecided(cause: SettlementCause, standing: OrderStanding, wasPlaced: boolean): boolean {
  if (cause.kind !== 'payment') return false;
  return standing.refund?.paymentId === cause.paymentId || (wasPlaced && standing.status === 'paid');
}

/** An operator's Cancel in the Web UI is a request like any other: the order is settled, the workflow is not torn off. */
function onCancelButton(request: () => void): void {
  CancellationScope.current().cancelRequested.catch(request);
}
