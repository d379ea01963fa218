import type { SettlementCause } from '../src/domain/settlement.js';
import { refundPayment, settleOrder, settleOrderLocally } from './activities.js';
import { asks } from './asks.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';

/** The database decides the order's end, and the workflow follows the decision. */
export async function settle(orderId: string, cause: SettlementCause): Promise<OrderStanding> {
  return await settleOrder.executeWithOptions({ summary: summaryOf(cause) }, [orderId, cause, asks]);
}

/**
 * Settles the order at its deadline. Orders may share a deadline, so the usual way is the cheap one: most of these
 * settlements succeed, or find the order ended by the bridge's sweep. A failure becomes a regular activity, which shows
 * its attempts in the Web UI.
 */
export async function settleAtDeadline({ orderId, settlesLocally }: OrderWorkflowInput): Promise<OrderStanding> {
  const cause = { kind: 'expired' } as const;
  const summary = summaryOf(cause);
  const locally = settlesLocally
    ? await settleOrderLocally.executeWithOptions({ summary }, [orderId, cause, asks]).catch(() => undefined)
    : undefined;
  return locally ?? (await settle(orderId, cause));
}

/** Sends back the payment that the order does not accept, or gives up its authorisation. */
export async function refund({ paymentId, reason, price, voids }: NonNullable<OrderStanding['refund']>): Promise<void> {
  const summary = `${voids ? 'void' : 'refund'} ${price ? `${price} of ` : ''}payment ${paymentId}: ${reason}`;
  await refundPayment.executeWithOptions({ summary }, [paymentId]);
}

function summaryOf(cause: SettlementCause): string {
  switch (cause.kind) {
    case 'payment':
      return `settle: payment ${cause.paymentId}`;
    case 'expired':
      return 'settle: the payment window is over';
    case 'nothing-to-pay':
      return 'settle: nothing is to pay';
    case 'cancel':
      return `settle: cancel, ${cause.reason}`;
  }
}
