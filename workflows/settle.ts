import type { SettlementCause } from '../src/domain/settlement.js';
import { refundPayment, settleOrder } from './activities.js';
import type { OrderStanding } from './contract.js';

/** Lets the database decide. */
export async function settle(orderId: string, cause: SettlementCause): Promise<OrderStanding> {
  return await settleOrder.executeWithOptions({ summary: question(cause) }, [orderId, cause]);
}

/** Sends back the money that the order did not want. */
export async function refund({ paymentId, reason, price }: NonNullable<OrderStanding['refund']>): Promise<void> {
  const summary = `refund ${price ? `${price} of ` : ''}payment ${paymentId}: ${reason}`;
  await refundPayment.executeWithOptions({ summary }, [paymentId]);
}

function question(cause: SettlementCause): string {
  switch (cause.kind) {
    case 'payment':
      return `settle: payment ${cause.paymentId}`;
    case 'expired':
      return 'settle: the payment window is over';
    case 'cancel':
      return `settle: cancel, ${cause.reason}`;
  }
}
