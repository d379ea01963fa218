import { ApplicationFailure } from '@temporalio/workflow';
import { refundPayment } from './activities.js';
import type { PaymentReceived, RefundAnswer } from './contract.js';

/**
 * Money that no order's workflow is there to send back: its order is unknown, a person asked for it, or the workflow
 * was lost on the way. It fails when the provider refuses for good, so that a person's next try may start it again.
 */
export async function refundWorkflow({ paymentId }: PaymentReceived): Promise<RefundAnswer> {
  const answer = await refundPayment.executeWithOptions({ summary: `refund ${paymentId}` }, [paymentId]);
  if (answer.refused === undefined) return answer;
  throw ApplicationFailure.nonRetryable(`the refund waits for a person: ${answer.refused}`, 'refund-refused');
}
