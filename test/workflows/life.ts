import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { createClient } from '../../src/temporal/client.js';
import { createOrderWorkflows, type OrderWorkflows } from '../../src/temporal/order-workflows.js';
import { createWorker, logThrough } from '../../src/temporal/worker.js';
import { ORDER_WORKFLOW, type OrderActivities, type OrderStanding, orderWorkflowId } from '../../workflows/contract.js';
import { taskQueue, temporal } from '../helpers/servers.js';

/** The workflows on a real Temporal server. A test writes the activities, so the database's answers are its input. */
export interface Life {
  readonly client: Client;
  /** The functions by which the processes start and signal workflows, on the test's own task queue. */
  readonly workflows: OrderWorkflows;
  /** The causes of the calls of `settleOrder`, in their order. */
  readonly causes: SettlementCause[];
  /** The payments of the finished calls of `refundPayment`. */
  readonly refunded: string[];
  /** The refunds of the finished calls of `refundOrder`. */
  readonly returned: string[];
  /** The payments of the calls of `capturePayment`. */
  readonly captured: string[];
  /** The deadlines of the calls of `remindOfDeadline`. */
  readonly reminded: string[];
  /** The orders of the calls of `closePayments`. */
  readonly closed: string[];
  readonly begin: (expiresAt?: Date) => Promise<WorkflowHandle>;
}

const quiet = () => undefined;

/** Drops the lines of the SDK's log, so that the tests' output is readable. Called once in a process. */
export const dropSdkLogs = (): void => logThrough({ debug: quiet, info: quiet, warn: quiet, error: quiet });

export type Answers = Partial<OrderActivities>;

export const standing = (orderId: string, more: Partial<OrderStanding> = {}): OrderStanding => ({
  orderId,
  status: 'placed',
  expiresAt: new Date(Date.now() + 60_000).toISOString(),
  expiresInMs: 60_000,
  cancelReason: null,
  refund: null,
  ...more,
});

const until = (expiresAt: Date): Partial<OrderStanding> => ({
  expiresAt: expiresAt.toISOString(),
  expiresInMs: Math.max(0, expiresAt.getTime() - Date.now()),
});

/** Runs `work` with a worker for the workflows of one test. */
export async function withLife(answers: Answers, work: (life: Life) => Promise<void>): Promise<void> {
  const queue = taskQueue();
  const deadlines = new Map<string, Date>();
  const causes: SettlementCause[] = [];
  const refunded: string[] = [];
  const returned: string[] = [];
  const captured: string[] = [];
  const reminded: string[] = [];
  const closed: string[] = [];
  const endAsAsked: OrderActivities['settleOrder'] = async (orderId, cause) =>
    cause.kind === 'payment'
      ? standing(orderId, { status: 'paid' })
      : standing(orderId, { status: 'canceled', cancelReason: 'payment-window-expired' });
  const { worker, connection } = await createWorker({
    ...temporal,
    taskQueue: queue,
    graceMs: 1_000,
    activities: {
      recordOrder: async (orderId, asks) => {
        const answer = await answers.recordOrder?.(orderId, asks);
        if (answer === undefined)
          return standing(orderId, until(deadlines.get(orderId) ?? new Date(Date.now() + 60_000)));
        return answer.remindBeforeMs !== undefined && asks?.reminds ? { ...answer, reminds: true } : answer;
      },
      settleOrder: async (orderId, cause) => {
        causes.push(cause);
        return await (answers.settleOrder ?? endAsAsked)(orderId, cause);
      },
      remindOfDeadline: async (orderId, expiresAt) => {
        reminded.push(expiresAt);
        return (await answers.remindOfDeadline?.(orderId, expiresAt)) ?? { reminded: true };
      },
      closePayments: async (orderId) => {
        closed.push(orderId);
        return (await answers.closePayments?.(orderId)) ?? { closed: 1, paid: 0, processing: 0 };
      },
      refundPayment: async (paymentId) => {
        const answer = (await answers.refundPayment?.(paymentId)) ?? { refundId: `re_${paymentId}` };
        refunded.push(paymentId);
        return answer;
      },
      capturePayment: async (paymentId) => {
        const answer = (await answers.capturePayment?.(paymentId)) ?? { captured: 2500 };
        captured.push(paymentId);
        return answer;
      },
      refundOrder: async (refundId) => {
        const answer = (await answers.refundOrder?.(refundId)) ?? { refundId: `re_${refundId}` };
        returned.push(refundId);
        return answer;
      },
    },
  });
  const client = createClient({ address: temporal.address, namespace: temporal.namespace });
  try {
    await worker.runUntil(
      work({
        client,
        workflows: createOrderWorkflows(client, { taskQueue: queue }),
        causes,
        refunded,
        returned,
        captured,
        reminded,
        closed,
        async begin(expiresAt = new Date(Date.now() + 60_000)) {
          const orderId = randomUUID();
          deadlines.set(orderId, expiresAt);
          const bought = { amount: 2500, currency: 'EUR', bought: '2 × mug-red', price: '25.00 EUR' };
          const input = { orderId, userId: 1, expiresAt: expiresAt.toISOString(), ...bought };
          return await client.workflow.start(ORDER_WORKFLOW, {
            workflowId: orderWorkflowId(orderId),
            taskQueue: queue,
            args: [input],
          });
        },
      }),
    );
  } finally {
    await client.connection.close();
    await connection.close();
  }
}
