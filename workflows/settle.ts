import type { SettlementCause } from '../src/domain/settlement.js';
import { refundPayment, settleOrder } from './activities.js';
import type { OrderStanding } from './contract.js';

/** The database decides the order's end, and the workflow follows the decision. */
export async function settle(orderId: string, cause: SettlementCause): Promise<OrderStanding> {
  return await settleOrder.executeWithOptions({ summary: summaryOf(cause) }, [orderId, cause]);
}

/** Sends back the payment that the order does not accept. */
export async function refund({ paymentId, reason, price }: NonNullable<OrderStanding['refund']>): Promise<void> {
  const summary = `refund ${price ? `${price} of ` : ''}payment ${paymentId}: ${reason}`;
  await refundPayment.executeWithOptions({ summary }, [paymentId]);
}

function summaryOf(cause: SettlementCause): string {
  switch (cause.kind) {
    case 'payment':
      return `settle: payment ${cause.paymentId}`;
    case 'expired':
      return 'settle: the payment window is over';
    case 'cancel':
      return `settle: cancel, ${cause.reason}`;
  }
}
