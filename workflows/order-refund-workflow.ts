import { ApplicationFailure } from '@temporalio/workflow';
import { refundOrder } from './activities.js';
import type { OrderRefundInput, RefundAnswer } from './contract.js';

/**
 * The life of a refund of an order that was paid: the provider makes the refund once, however long it is away. The workflow
 * fails when the provider refuses for good, so that a person may start the refund again.
 */
export async function orderRefundWorkflow({ refundId, price }: OrderRefundInput): Promise<RefundAnswer> {
  const answer = await refundOrder.executeWithOptions({ summary: `refund ${price}` }, [refundId]);
  if (answer.refused === undefined) return answer;
  throw ApplicationFailure.nonRetryable(`the refund waits for a person: ${answer.refused}`, 'refund-refused');
}
