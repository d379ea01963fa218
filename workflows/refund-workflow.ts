import { ApplicationFailure } from '@temporalio/workflow';
import { refundPayment } from './activities.js';
import type { LatePaymentInput, RefundAnswer } from './contract.js';

/**
 * A refund's life: the order is unknown, a person asked for the refund, or the refund is owed for some seconds. In the
 * last case this workflow may run beside the order's workflow, which still retries. The refund key makes both one
 * refund. The workflow fails when the provider refuses for good, so that a person may start the workflow again.
 */
export async function refundWorkflow({ paymentId }: Pick<LatePaymentInput, 'paymentId'>): Promise<RefundAnswer> {
  const answer = await refundPayment.executeWithOptions({ summary: `refund ${paymentId}` }, [paymentId]);
  if (answer.refused === undefined) return answer;
  throw ApplicationFailure.nonRetryable(`the refund waits for a person: ${answer.refused}`, 'refund-refused');
}
