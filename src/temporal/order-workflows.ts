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
  ORDER_WORKFLOW,
  orderWorkflowId,
  PAYMENT_RECEIVED,
  type PaymentReceived,
} from '../../workflows/contract.js';
import type { Order } from '../domain/order.js';
import { call } from './client.js';
import { createMoneyWorkflows, type MoneyWorkflows, type Started } from './money-workflows.js';
import { type Installation, type OrderToStart, orderOptions } from './order-start.js';

/** Starts and signals the workflows. Each call may be repeated, and throws `dependency-unavailable` in an outage. */
export interface OrderWorkflows extends MoneyWorkflows {
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
    ...createMoneyWorkflows(start, { taskQueue, namespace }),
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
