import type { WorkflowStartOptions } from '@temporalio/client';
import {
  CAPTURE_WORKFLOW,
  captureWorkflowId,
  LATE_PAYMENT_WORKFLOW,
  latePaymentWorkflowId,
  ORDER_REFUND_WORKFLOW,
  orderRefundWorkflowId,
  type PaymentReceived,
  REFUND_WORKFLOW,
  refundWorkflowId,
} from '../../workflows/contract.js';
import type { Customer } from '../domain/customer.js';
import { priceInWords } from '../domain/in-words.js';
import type { OrderRefund } from '../domain/order-refund.js';
import { customerAttribute } from './order-start.js';
import { linkToOrder } from './web-ui.js';

export type Started = 'started' | 'already-started';

/** Starts the workflows that move money behind the end of an order. */
export interface MoneyWorkflows {
  /** For a payment that is not decided in the database, also after a completed run. */
  readonly startLatePayment: (
    payment: PaymentReceived & { readonly orderId: string; readonly userId?: Customer | undefined },
  ) => Promise<Started>;
  /** For a payment that must go back by the database, also after a completed run. */
  readonly startRefund: (payment: PaymentReceived & { readonly orderId: string }) => Promise<Started>;
  /** For a capture that is owed by the database, also after a completed run. */
  readonly startCapture: (capture: CaptureToStart) => Promise<Started>;
  /** For a refund that is owed by the database, also after a completed run. */
  readonly startOrderRefund: (
    refund: Pick<OrderRefund, 'refundId' | 'orderId' | 'amount' | 'currency'>,
  ) => Promise<Started>;
}

export interface CaptureToStart {
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
}

export function createMoneyWorkflows(
  start: (type: string, options: WorkflowStartOptions) => Promise<Started>,
  { taskQueue, namespace }: { readonly taskQueue: string; readonly namespace: string },
): MoneyWorkflows {
  return {
    startLatePayment: ({ orderId, paymentId, userId }) =>
      start(LATE_PAYMENT_WORKFLOW, {
        taskQueue,
        workflowId: latePaymentWorkflowId(paymentId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ orderId, paymentId }],
        staticSummary: `Payment ${paymentId} after the end of order ${orderId}`,
        staticDetails: `A payment that came after the end of ${linkToOrder(namespace, orderId)}.`,
        typedSearchAttributes: customerAttribute(userId),
      }),
    startRefund: ({ orderId, paymentId }) =>
      start(REFUND_WORKFLOW, {
        taskQueue,
        workflowId: refundWorkflowId(paymentId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ paymentId }],
        staticSummary: `Refund of payment ${paymentId} for order ${orderId}`,
        staticDetails: `A refund of a payment for ${linkToOrder(namespace, orderId)}.`,
      }),
    startCapture: ({ paymentId, orderId, amount, currency }) => {
      const price = priceInWords(amount, currency);
      return start(CAPTURE_WORKFLOW, {
        taskQueue,
        workflowId: captureWorkflowId(paymentId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ paymentId, price }],
        staticSummary: `Capture of ${price} of order ${orderId}`,
        staticDetails: `An authorised payment has paid ${linkToOrder(namespace, orderId)}, and its money is captured.`,
      });
    },
    startOrderRefund: ({ refundId, orderId, amount, currency }) => {
      const price = priceInWords(amount, currency);
      return start(ORDER_REFUND_WORKFLOW, {
        taskQueue,
        workflowId: orderRefundWorkflowId(refundId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ refundId, price }],
        staticSummary: `Refund of ${price} of order ${orderId}`,
        staticDetails: `An operator sends back ${price} of ${linkToOrder(namespace, orderId)}.`,
      });
    },
  };
}
