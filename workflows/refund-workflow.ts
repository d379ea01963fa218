import { refundPayment } from './activities.js';
import type { PaymentReceived } from './contract.js';

/** Money that no order's workflow is there to send back: its order is unknown, or the workflow was lost on the way. */
export async function refundWorkflow({ paymentId }: PaymentReceived): Promise<{ readonly refundId: string | null }> {
  return await refundPayment.executeWithOptions({ summary: `refund ${paymentId}` }, [paymentId]);
}
