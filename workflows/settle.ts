import type { SettlementCause } from '../src/domain/settlement.js';
import { refundPayment, settleOrder } from './activities.js';
import type { OrderStanding } from './contract.js';

/** Lets the database decide, and sends back the money that found the order already ended. */
export async function settle(orderId: string, cause: SettlementCause): Promise<OrderStanding> {
  const order = await settleOrder.executeWithOptions({ summary: question(cause) }, [orderId, cause]);
  if (order.refund !== null) {
    const { paymentId, reason } = order.refund;
    await refundPayment.executeWithOptions({ summary: `refund ${paymentId}: ${reason}` }, [paymentId]);
  }
  return order;
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
