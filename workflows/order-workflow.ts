import { CancellationScope, condition, continueAsNew, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { createBounds } from './bounds.js';
import { type Cause, type CausesSoFar, cancelCause, createCauses, paymentCause } from './causes.js';
import { closePaymentsOf } from './close-payments.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';
import { cancelRequested, deadlineMoved, orderState, paymentReceived } from './messages.js';
import { createMovedDeadline } from './moved-deadline.js';
import { showStanding } from './presentation.js';
import { readAgain, record } from './record.js';
import { createRefunds, type Refund } from './refunds.js';
import { createReminder, type ReminderSoFar } from './reminder.js';
import { follow } from './reported-standing.js';
import { settle, settleAtDeadline } from './settle.js';

/** What one run passes to the next run. Histories of open runs hold these names, so the names stay. */
interface SoFar {
  readonly order: OrderStanding;
  readonly causes: CausesSoFar;
  readonly owed: readonly Refund[];
  /** Whether a move of the deadline was heard of and not read; absent in a run that an earlier version began. */
  readonly moved?: boolean;
  /** Absent where no reminder is configured, and in a run that an earlier version began. */
  readonly reminder?: ReminderSoFar | undefined;
}

/**
 * An order's life. The order is recorded, waits for its payment until the deadline, which may be moved meanwhile, and
 * ends `paid` or `canceled`. The database decides the deadline and the end, and the workflow follows the database. The
 * workflow closes when every cause is settled and no refund is owed. When many signals have made the history long, the
 * workflow continues in a new run.
 *
 * @param before what the run before passed on; absent in an order's first run
 */
export async function orderWorkflow(input: OrderWorkflowInput, before?: SoFar): Promise<OrderStanding> {
  const { orderId } = input;
  const causes = createCauses(before?.causes);
  const { owed, nothingOwed, payBack } = createRefunds();
  const moved = createMovedDeadline(before?.moved);
  const reminder = createReminder(orderId, before?.reminder);
  const { isBounded, isLong } = createBounds();
  let order: OrderStanding | null = before?.order ?? null;
  let settledWhileOverdue = false;

  setHandler(paymentReceived, (payment) => receive(paymentCause(orderId, payment)));
  setHandler(cancelRequested, (request) => receive(cancelCause(orderId, request)));
  setHandler(deadlineMoved, (signal) => moved.heard(order, signal));
  setHandler(orderState, () => order);
  // Temporal keeps a signal without a handler for the rest of the run.
  setDefaultSignalHandler(() => undefined);
  onCancelButton(() => receive({ kind: 'cancel', reason: 'operator-request' }));

  return await CancellationScope.nonCancellable(async () => {
    for (const refundOwed of before?.owed ?? []) void payBack(refundOwed);
    // The report of an order's end may come before the order's message. The order is then recorded.
    order ??= causes.reportedEnd() ?? null;
    order ??= await record(input);
    showStanding(order, input);
    return await untilNothingIsLeft(await untilPaidOrCanceled(order));
  });

  async function untilPaidOrCanceled(recorded: OrderStanding): Promise<OrderStanding> {
    let standing = recorded;
    let aheadOfDatabaseMs = 0;
    while (standing.status === 'placed') {
      if (isLong()) await continueInNewRun(standing);
      if (moved.take()) standing = await readMoved();
      if (standing.status !== 'placed') break;
      await reminder.untilMade(standing, isAwake);
      const cause = await nextCause(standing, aheadOfDatabaseMs);
      if (cause === undefined) continue;
      standing = await settleBy(cause);
      aheadOfDatabaseMs = cause.kind === 'expired' ? standing.expiresInMs : 0;
      if (standing.closesPayments === undefined) continue;
      await closePaymentsOf(standing);
      aheadOfDatabaseMs = 0;
    }
    return standing;
  }

  /** A late payment is settled too, and may add a refund. */
  async function untilNothingIsLeft(settled: OrderStanding): Promise<OrderStanding> {
    let standing = settled;
    for (;;) {
      await condition(() => causes.size() > 0 || nothingOwed() || isLong());
      if (causes.size() === 0 && nothingOwed()) return standing;
      if (isLong()) await continueInNewRun(standing);
      const late = causes.next();
      if (late !== undefined) standing = await settleBy(late);
    }
  }

  function receive(cause: Cause | undefined): void {
    if (cause === undefined) return;
    const isLateCancel = cause.kind === 'cancel' && order !== null && order.status !== 'placed';
    if ((isLateCancel || causes.isNeedless(cause, Date.now())) && isBounded()) return;
    causes.add(cause);
  }

  /**
   * Waits for the next signal or for the deadline. The deadline is the database's, however long the order waited in the
   * queue: where the signal of a later deadline was lost, the workflow learns of it at the earlier one. After the
   * deadline, a signal and the deadline are settled in turn: no number of signals delays the end.
   *
   * @param atLeastMs how long the database's clock is behind the deadline, when this worker's clock reached it first
   * @returns `undefined` when the deadline was moved, and when the history is long, so that a new run continues
   */
  async function nextCause({ expiresAt }: OrderStanding, atLeastMs: number): Promise<Cause | undefined> {
    const wait = Math.max(Date.parse(expiresAt) - Date.now(), atLeastMs);
    const summary = `hold the stock until ${expiresAt}`;
    const woken = wait > 0 && (await condition(isAwake, wait, { summary }));
    if (wait <= 0 && settledWhileOverdue && causes.size() > 0 && isBounded()) {
      settledWhileOverdue = false;
      return { kind: 'expired' };
    }
    settledWhileOverdue = wait <= 0;
    return causes.next() ?? (woken ? undefined : { kind: 'expired' });
  }

  function isAwake(): boolean {
    return causes.size() > 0 || moved.isDue() || isLong();
  }

  /** Follows what the database has decided; asks the database where the cause does not say so. */
  async function settleBy(cause: Cause): Promise<OrderStanding> {
    const before = order;
    const wasPlaced = before?.status === 'placed';
    const standing = cause.decided ? follow(before, cause.decided) : await ask(cause);
    order = standing;
    showStanding(standing, input, { isKnown: cause.decided !== undefined && before?.status === standing.status });
    causes.settled(cause, isDecided(cause, standing, wasPlaced), Date.now());
    if (standing.refund !== null) void payBack(standing.refund);
    return standing;
  }

  async function ask(cause: Cause): Promise<OrderStanding> {
    return cause.kind === 'expired' ? await settleAtDeadline(input) : await settle(orderId, cause);
  }

  /** The order may have ended meanwhile, such as at a deadline that was moved earlier. */
  async function readMoved(): Promise<OrderStanding> {
    order = await readAgain(orderId);
    showStanding(order, input);
    return order;
  }

  /** The new run starts each unfinished refund again, under the same key. */
  async function continueInNewRun(standing: OrderStanding): Promise<never> {
    return await continueAsNew<typeof orderWorkflow>(input, {
      ...{ order: standing, causes: causes.soFar(), owed },
      ...{ moved: moved.isDue(), reminder: reminder.soFar() },
    });
  }
}

/** Whether the settlement accepted the payment, or marked the payment for refund. */
function isDecided(cause: Cause, standing: OrderStanding, wasPlaced: boolean): boolean {
  if (cause.kind !== 'payment') return false;
  return standing.refund?.paymentId === cause.paymentId || (wasPlaced && standing.status === 'paid');
}

/**
 * An operator's Cancel in the Web UI is a request like any other: it settles the order, and does not end the workflow.
 */
function onCancelButton(request: () => void): void {
  CancellationScope.current().cancelRequested.catch(request);
}
