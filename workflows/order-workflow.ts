import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { SettlementCause } from '../src/domain/settlement.js';
import { recordOrder } from './activities.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';
import { cancelRequested, orderState, paymentReceived } from './messages.js';
import { showStanding } from './presentation.js';
import { refund, settle } from './settle.js';

/**
 * An order's life: it is recorded, waits for its payment until the deadline, and ends `paid` or `canceled`. The
 * database decides which; the workflow follows. It closes when all that was asked is answered and no money is owed.
 */
export async function orderWorkflow({ orderId }: OrderWorkflowInput): Promise<OrderStanding> {
  const asked: SettlementCause[] = [];
  let order: OrderStanding | null = null;
  let refundsUnderWay = 0;

  setHandler(paymentReceived, ({ paymentId }) => void asked.push({ kind: 'payment', paymentId }));
  setHandler(cancelRequested, ({ reason }) => void asked.push({ kind: 'cancel', reason }));
  setHandler(orderState, () => order);
  onCancelButton(() => asked.push({ kind: 'cancel', reason: 'operator-request' }));

  return await CancellationScope.nonCancellable(async () => {
    order = await recordOrder.executeWithOptions({ summary: 'write the order and its items' }, [orderId]);
    showStanding(order);

    let aheadOfDatabaseMs = 0;
    while (order.status === 'placed') {
      const cause = await nextCause(order, aheadOfDatabaseMs);
      order = await hear(cause);
      aheadOfDatabaseMs = cause.kind === 'expired' ? order.expiresInMs : 0;
    }

    for (;;) {
      await condition(() => asked.length > 0 || refundsUnderWay === 0);
      const late = asked.shift();
      if (late === undefined) return order;
      order = await hear(late);
    }
  });

  /** The deadline is the checkout's, however long the order waited in the queue. */
  async function nextCause({ expiresAt }: OrderStanding, atLeastMs: number): Promise<SettlementCause> {
    const wait = Math.max(Date.parse(expiresAt) - Date.now(), atLeastMs);
    if (wait > 0) await condition(() => asked.length > 0, wait, { summary: `hold the stock until ${expiresAt}` });
    return asked.shift() ?? { kind: 'expired' };
  }

  async function hear(cause: SettlementCause): Promise<OrderStanding> {
    const standing = await settle(orderId, cause);
    showStanding(standing);
    if (standing.refund !== null) {
      void payBack(standing.refund);
    }
    return standing;
  }

  /** Goes on beside the order's life: a provider that is down must not hold back the next payment, nor the deadline. */
  async function payBack(owed: NonNullable<OrderStanding['refund']>): Promise<void> {
    refundsUnderWay++;
    await refund(owed);
    refundsUnderWay--;
  }
}

/** An operator's Cancel in the Web UI is a request like any other: the order is settled, the workflow is not torn off. */
function onCancelButton(request: () => void): void {
  CancellationScope.current().cancelRequested.catch(request);
}
