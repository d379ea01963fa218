import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { SettlementCause } from '../src/domain/settlement.js';
import { recordOrder } from './activities.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';
import { cancelRequested, orderState, paymentReceived } from './messages.js';
import { showStanding } from './presentation.js';
import { settle } from './settle.js';

/**
 * An order's life: it is recorded, waits for its payment until the deadline, and ends `paid` or `canceled`. The
 * database decides which; the workflow follows.
 */
export async function orderWorkflow({ orderId }: OrderWorkflowInput): Promise<OrderStanding> {
  const asked: SettlementCause[] = [];
  let order: OrderStanding | null = null;

  setHandler(paymentReceived, ({ paymentId }) => void asked.push({ kind: 'payment', paymentId }));
  setHandler(cancelRequested, ({ reason }) => void asked.push({ kind: 'cancel', reason }));
  setHandler(orderState, () => order);
  onCancelButton(() => asked.push({ kind: 'cancel', reason: 'operator-request' }));

  return await CancellationScope.nonCancellable(async () => {
    order = await recordOrder.executeWithOptions({ summary: 'write the order and its items' }, [orderId]);
    showStanding(order);

    let clockAheadByMs = 0;
    while (order.status === 'placed' || asked.length > 0) {
      const cause = asked.shift() ?? (await nextCause(order, clockAheadByMs));
      order = await settle(orderId, cause);
      showStanding(order);
      clockAheadByMs = cause.kind === 'expired' ? order.expiresInMs : 0;
    }
    return order;
  });

  async function nextCause({ expiresAt }: OrderStanding, atLeastMs: number): Promise<SettlementCause> {
    const wait = Math.max(Date.parse(expiresAt) - Date.now(), atLeastMs);
    if (wait > 0) await condition(() => asked.length > 0, wait, { summary: `hold the stock until ${expiresAt}` });
    return asked.shift() ?? { kind: 'expired' };
  }
}

/** An operator's Cancel in the Web UI is a request like any other: the order is settled, the workflow is not torn off. */
function onCancelButton(request: () => void): void {
  CancellationScope.current().cancelRequested.catch(request);
}
