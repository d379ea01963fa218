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
import { itemsInWords, priceInWords } from '../domain/in-words.js';
import type { Order, OrderStatus } from '../domain/order.js';
import { call } from './client.js';
import { linkToLatePayments, linkToOrder } from './web-ui.js';

export type Started = 'started' | 'already-started';

/** Without `items` the timeline shows only the price. */
export type OrderToStart = Omit<OrderWorkflowInput, 'bought' | 'price'> & { readonly items?: Order['items'] };

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
  /** For a payment that is not decided in the database, also after a completed run. */
  readonly startLatePayment: (
    payment: PaymentReceived & { readonly orderId: string; readonly userId?: number | undefined },
  ) => Promise<Started>;
  /** For a payment that must go back by the database, also after a completed run. */
  readonly startRefund: (payment: PaymentReceived & { readonly orderId: string }) => Promise<Started>;
}

interface Place {
  readonly taskQueue: string;
  readonly namespace: string;
}

export function createOrderWorkflows(client: Client, { taskQueue }: Pick<Place, 'taskQueue'>): OrderWorkflows {
  const { namespace } = client.options;
  async function signalOrder(order: Order, signal: string, argument: object): Promise<'signaled' | 'ended'> {
    const input = { ...order, expiresAt: order.expiresAt.toISOString() };
    const options = { ...orderOptions({ taskQueue, namespace }, input), signal, signalArgs: [argument] };
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
    startOrder: (order) => start(ORDER_WORKFLOW, orderOptions({ taskQueue, namespace }, order)),
    startOrderAnew: (order) =>
      start(ORDER_WORKFLOW, {
        ...orderOptions({ taskQueue, namespace }, order),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      }),
    async requestCancel(order, request) {
      return (await signalOrder(order, CANCEL_REQUESTED, request)) === 'signaled' ? 'requested' : 'ended';
    },
    async reportPayment(order, payment) {
      return (await signalOrder(order, PAYMENT_RECEIVED, payment)) === 'signaled' ? 'reported' : 'ended';
    },
    startLatePayment: ({ orderId, paymentId, userId }) =>
      start(LATE_PAYMENT_WORKFLOW, {
        taskQueue,
        workflowId: latePaymentWorkflowId(paymentId),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        args: [{ orderId, paymentId }],
        staticSummary: `Payment ${paymentId} after the end of order ${orderId}`,
        staticDetails: `A payment that came after the end of ${linkToOrder(namespace, orderId)}.`,
        typedSearchAttributes: userAttribute(userId),
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
  };
}

/**
 * Temporal refuses a second start while the order's workflow runs, and after the workflow has completed. After a run
 * that failed or was terminated by hand, a new run may start. The new run continues from the database. A run that
 * starts after Temporal's retention does the same, and finds the order settled.
 */
function orderOptions({ taskQueue, namespace }: Place, order: OrderToStart): WorkflowStartOptions {
  const { orderId, userId, items = [], amount, currency, expiresAt } = order;
  const price = priceInWords(amount, currency);
  const bought = items.length > 0 && { bought: itemsInWords(items) };
  return {
    taskQueue,
    workflowId: orderWorkflowId(orderId),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    args: [{ orderId, userId, amount, currency, expiresAt, ...bought, price } satisfies OrderWorkflowInput],
    staticSummary: `${bought ? `${bought.bought} for ` : ''}${price}, user ${userId}`,
    staticDetails: details(order, namespace),
    typedSearchAttributes: [
      { key: orderStatusKey, value: 'placed' satisfies OrderStatus },
      ...userAttribute(userId),
      { key: orderAmountKey, value: amount },
    ],
  };
}

/** A legacy service's 64-bit number is a string here, and does not fit into an Int of Temporal. */
const userAttribute = (userId: number | string | undefined) =>
  typeof userId === 'number' ? [{ key: orderUserIdKey, value: userId }] : [];

/** Temporal keeps at most 20,000 bytes of details. */
const MOST_LINES = 50;

/** Markdown, for the Web UI. */
function details(order: OrderToStart, namespace: string): string {
  const { orderId, userId, items = [], amount, currency, expiresAt } = order;
  const lines = items
    .slice(0, MOST_LINES)
    .map(({ sku, quantity, unitPrice }) => `- ${quantity} × \`${sku}\` at ${priceInWords(unitPrice, currency)}`);
  if (items.length > MOST_LINES) lines.push(`- and ${items.length - MOST_LINES} lines more`);
  const price = priceInWords(amount, currency);
  const head = `**Order** \`${orderId}\` of user ${userId}: **${price}**, to be paid until ${expiresAt}.`;
  // The link stands first, because the box of the Web UI is short.
  const late = typeof userId === 'number' ? ` ${linkToLatePayments(namespace, userId)}` : '';
  return [head + late, '', ...lines].join('\n');
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
