import { ApplicationFailure } from '@temporalio/workflow';
import { capturePayment } from './activities.js';
import type { CaptureAnswer, CaptureInput } from './contract.js';

/**
 * The life of a capture: an order was paid by an authorisation, and the provider takes the money once, however long it is
 * away. The workflow fails when the provider refuses for good, so that a person may start the capture again.
 */
export async function captureWorkflow({ paymentId, price }: CaptureInput): Promise<CaptureAnswer> {
  const answer = await capturePayment.executeWithOptions({ summary: `capture ${price}` }, [paymentId]);
  if (answer.refused === undefined) return answer;
  throw ApplicationFailure.nonRetryable(`the capture waits for a person: ${answer.refused}`, 'capture-refused');
}
