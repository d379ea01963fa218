import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import {
  CANCEL_REQUESTED,
  type CancelRequested,
  DEADLINE_MOVED,
  type DeadlineMoved,
  LATE_PAYMENT_WORKFLOW,
  latePaymentWorkflowId,
  ORDER_REFUND_WORKFLOW,
  ORDER_WORKFLOW,
  orderRefundWorkflowId,
  orderWorkflowId,
  PAYMENT_RECEIVED,
  type PaymentReceived,
  REFUND_WORKFLOW,
  refundWorkflowId,
} from '../../workflows/contract.js';
import type { Customer } from '../domain/customer.js';
import { priceInWords } from '../domain/in-words.js';
import type { Order } from '../domain/order.js';
import type { OrderRefund } from '../domain/order-refund.js';
import { call } from './client.js';
import { customerAttribute, type Installation, type OrderToStart, orderOptions } from './order-start.js';
import { linkToOrder } from './web-ui.js';

export type Started = 'started' | 'already-started';

/** Starts and signals the workflows. Each call may be repeated, and throws `dependency-unavailable` in an outage. */
export interface OrderWorkflows {
  readonly startOrder: (order: OrderToStart) => Promise<Started>;
  /** Starts the workflow also after a completed run, for an order that is `placed` in the database. */
  readonly startOrderAnew: (order: OrderToStart) => Promise<Started>;
  /**
   * Requests a cancellation. Starts the workflow when its message is not handled yet; `ended` when the workflow has
   * closed.
   */
  readonly requestCancel: (order: Order, request: CancelRequested) => Promise<'requested' | 'ended'>;
  /**
   * Signals a payment. Starts the workflow when its message is not handled yet; `ended` when the workflow has closed.
   */
  readonly reportPayment: (order: Order, payment: PaymentReceived) => Promise<'reported' | 'ended'>;
  /**
   * Signals that the deadline was moved. Starts no workflow: a workflow that begins later begins with the database's
   * deadline.
   */
  readonly reportDeadline: (orderId: string, moved: DeadlineMoved) => Promise<void>;
  /** For a payment that is not decided in the database, also after a completed run. */
  readonly startLatePayment: (
    payment: PaymentReceived & { readonly orderId: string; readonly userId?: Customer | undefined },
  ) => Promise<Started>;
  /** For a payment that must go back by the database, also after a completed run. */
  readonly startRefund: (payment: PaymentReceived & { readonly orderId: string }) => Promise<Started>;
  /** For a refund that is owed by the database, also after a completed run. */
  readonly startOrderRefund: (
    refund: Pick<OrderRefund, 'refundId' | 'orderId' | 'amount' | 'currency'>,
  ) => Promise<Started>;
}

export function createOrderWorkflows(client: Client, { taskQueue }: Pick<Installation, 'taskQueue'>): OrderWorkflows {
  const { namespace } = client.options;
  const optionsOf = (order: OrderToStart) => orderOptions({ taskQueue, namespace }, order);

  async function signalOrder(order: Order, signal: string, argument: object): Promise<'signaled' | 'ended'> {
    const input = { ...order, expiresAt: order.expiresAt.toISOString() };
    const options = { ...optionsOf(input), signal, signalArgs: [argument] };
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
    startOrder: (order) => start(ORDER_WORKFLOW, optionsOf(order)),
    startOrderAnew: (order) => start(ORDER_WORKFLOW, { ...optionsOf(order), workflowIdReusePolicy: 'ALLOW_DUPLICATE' }),
    async requestCancel(order, request) {
      return (await signalOrder(order, CANCEL_REQUESTED, request)) === 'signaled' ? 'requested' : 'ended';
    },
    async reportPayment(order, payment) {
      return (await signalOrder(order, PAYMENT_RECEIVED, payment)) === 'signaled' ? 'reported' : 'ended';
    },
    async reportDeadline(orderId, moved) {
      try {
        await call(client, ({ workflow }) =>
          workflow.getHandle(orderWorkflowId(orderId)).signal(DEADLINE_MOVED, moved),
        );
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
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

async function unlessStarted(start: () => Promise<unknown>): Promise<Started> {
  try {
    await start();
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
    throw error;
  }
}
