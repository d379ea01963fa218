import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowStartOptions } from '@temporalio/client';
import {
  CANCEL_REQUESTED,
  type CancelRequested,
  LATE_PAYMENT_WORKFLOW,
  latePaymentWorkflowId,
  ORDER_WORKFLOW,
  type OrderWorkflowInput,
  orderWorkflowId,
  PAYMENT_RECEIVED,
  type PaymentReceived,
  REFUND_WORKFLOW,
  refundWorkflowId,
} from '../../workflows/contract.js';
import { orderAmountKey, orderStatusKey, orderUserIdKey } from '../../workflows/search-attributes.js';
import type { Order, OrderStatus } from '../domain/order.js';
import { call } from './client.js';

export type Started = 'started' | 'already-started';

/** What clients ask of the workflows. All of it may be asked twice; each throws `dependency-unavailable`. */
export interface OrderWorkflows {
  readonly startOrder: (input: OrderWorkflowInput) => Promise<Started>;
  /** The same also after a run that has completed, for an order that the database holds as placed all the same. */
  readonly startOrderAnew: (input: OrderWorkflowInput) => Promise<Started>;
  /** Asks an order to be canceled, starting its workflow when the queue is behind; `ended` when it has closed. */
  readonly requestCancel: (order: Order, request: CancelRequested) => Promise<'requested' | 'ended'>;
  /** Tells the order's workflow of a payment, starting it when the queue is behind; `ended` when it has closed. */
  readonly reportPayment: (order: Order, payment: PaymentReceived) => Promise<'reported' | 'ended'>;
  /** For a payment that the database holds as not decided, whatever a run before has ended with. */
  readonly startLatePayment: (payment: PaymentReceived & { readonly orderId: string }) => Promise<Started>;
  /** For a payment that the database holds as not gone back yet, likewise. */
  readonly startRefund: (payment: PaymentReceived & { readonly orderId: string }) => Promise<Started>;
}

export function createOrderWorkflows(client: Client, { taskQueue }: { readonly taskQueue: string }): OrderWorkflows {
  async function signalOrder(order: Order, signal: string, argument: object): Promise<'signaled' | 'ended'> {
    const input = { ...order, expiresAt: order.expiresAt.toISOString() };
    const options = { ...orderOptions(taskQueue, input), signal, signalArgs: [argument] };
    const started = await unlessStarted(() =>
      call(client, ({ workflow }) =>
        workflow.signalWithStart(ORDER_WORKFLOW, { ...options, workflowIdConflictPolicy: 'USE_EXISTING' }),
      ),
    );
    return started === 'started' ? 'signaled' : 'ended';
  }

  const start = (type: string, options: WorkflowStartOptions): Promise<Started> =>
    unlessStarted(() => call(client, ({ workflow }) => workflow.start(type, options)));

  return {
    startOrder: (input) => start(ORDER_WORKFLOW, orderOptions(taskQueue, input)),
    startOrderAnew: (input) =>
      start(ORDER_WORKFLOW, { ...orderOptions(taskQueue, input), workflowIdReusePolicy: 'ALLOW_DUPLICATE' }),
    async requestCancel(order, request) {
      return (await signalOrder(order, CANCEL_REQUESTED, request)) === 'signaled' ? 'requested' : 'ended';
    },
    async reportPayment(order, payment) {
      return (await signalOrder(order, PAYMENT_RECEIVED, payment)) === 'signaled' ? 'reported' : 'ended';
    },
    startLatePayment: ({ orderId, paymentId }) =>
      start(LATE_PAYMENT_WORKFLOW, {
        taskQueue,
        workflowId: latePaymentWorkflowId(paymentId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ orderId, paymentId }],
        staticSummary: `Payment ${paymentId} after the end of order ${orderId}`,
      }),
    startRefund: ({ orderId, paymentId }) =>
      start(REFUND_WORKFLOW, {
        taskQueue,
        workflowId: refundWorkflowId(paymentId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ paymentId }],
        staticSummary: `Refund of payment ${paymentId} for order ${orderId}`,
      }),
  };
}

/**
 * An id is used once: refused while the order runs and also after it has completed. A run that failed or was
 * terminated by hand may be followed by another, which goes on from what the database holds; so does a second run
 * after Temporal's retention, and it finds the order as it ended.
 */
function orderOptions(taskQueue: string, input: OrderWorkflowInput): WorkflowStartOptions {
  const { orderId, userId, amount, currency, expiresAt } = input;
  const price = `${amount} ${currency} (minor units)`;
  return {
    taskQueue,
    workflowId: orderWorkflowId(orderId),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    args: [{ orderId, userId, amount, currency, expiresAt } satisfies OrderWorkflowInput],
    staticSummary: `Order of user ${userId}: ${price}`,
    staticDetails: `**Order** \`${orderId}\` of user ${userId}, ${price}, to be paid until ${expiresAt}.`,
    typedSearchAttributes: [
      { key: orderStatusKey, value: 'placed' satisfies OrderStatus },
      ...(typeof userId === 'number' ? [{ key: orderUserIdKey, value: userId }] : []),
      { key: orderAmountKey, value: amount },
    ],
  };
}

async function unlessStarted(start: () => Promise<unknown>): Promise<Started> {
  try {
    await start();
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
    throw error;
  }
}
