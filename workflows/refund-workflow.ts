import { ApplicationFailure } from '@temporalio/workflow';
import { refundPayment } from './activities.js';
import type { PaymentReceived, RefundAnswer } from './contract.js';

/**
 * A refund's life, where no order's workflow sends the money back: the order is unknown, a person asked for the refund,
 * or the order's workflow was lost. The workflow fails when the provider refuses for good, so that a person may start
 * the workflow again.
 */
export async function refundWorkflow({ paymentId }: PaymentReceived): Promise<RefundAnswer> {
  const answer = await refundPayment.executeWithOptions({ summary: `refund ${paymentId}` }, [paymentId]);
  if (answer.refused === undefined) return answer;
  throw ApplicationFailure.nonRetryable(`the refund waits for a person: ${answer.refused}`, 'refund-refused');
}
