import { randomUUID } from 'node:crypto';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { until } from '../../src/cli/story/until.js';
import type { Order } from '../../src/domain/order.js';
import { createClient } from '../../src/temporal/client.js';
import { createOrderWorkflows, type OrderWorkflows } from '../../src/temporal/order-workflows.js';
import type { OrderWorkflowInput } from '../../workflows/contract.js';
import { HELPER_LIMIT_MS } from './retried.js';
import { taskQueue, temporal } from './servers.js';

export const createOrder = (): Order => ({
  orderId: randomUUID(),
  userId: 7,
  items: [{ sku: 'mug-red', quantity: 2, unitPrice: 1250 }],
  amount: 2500,
  currency: 'EUR',
  createdAt: new Date('2026-03-01T10:00:00Z'),
  expiresAt: new Date('2026-03-01T10:30:00Z'),
});

export const inputOf = ({ orderId, userId, amount, currency, expiresAt }: Order): OrderWorkflowInput => ({
  orderId,
  userId,
  amount,
  currency,
  expiresAt: expiresAt.toISOString(),
});

const COMPLETE = proto.temporal.api.enums.v1.CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION;

export interface ClientUnderTest {
  readonly client: Client;
  readonly workflows: OrderWorkflows;
  readonly taskQueue: string;
  /** Completes the order's workflow, as a worker would at its end. */
  readonly end: (order: Order, answer?: object) => Promise<void>;
  /** Completes any workflow in the same way. */
  readonly complete: (workflowId: string, answer?: object) => Promise<void>;
  /** Terminates the order's workflow, as an operator may. */
  readonly terminate: (order: Order) => Promise<void>;
  /** The signals that the order's workflow was sent. */
  readonly signalsOf: (order: Order) => Promise<string[]>;
  /** The arguments of these signals. */
  readonly argumentsOf: (order: Order) => Promise<unknown[]>;
}

/** A client on a task queue without a worker: a started workflow does not run. */
export function startClient(
  t: { teardown(cleanUp: () => Promise<void>): void },
  options: { readonly address?: string; readonly namespace?: string } = {},
): ClientUnderTest {
  const { address = temporal.address, namespace = temporal.namespace } = options;
  const client = createClient({ address, namespace });
  t.teardown(() => client.connection.close());
  const queue = taskQueue();
  const handle = ({ orderId }: Order) => client.workflow.getHandle(`order:${orderId}`);

  async function complete(workflowId: string, answer?: object): Promise<void> {
    const service = client.workflowService;
    const task = await client.withDeadline(Date.now() + HELPER_LIMIT_MS, () =>
      service.pollWorkflowTaskQueue({ namespace, taskQueue: { name: queue }, identity: 'test' }),
    );
    if (task.workflowExecution?.workflowId !== workflowId) throw new Error('a task of another workflow');
    const result = answer ? { payloads: [defaultPayloadConverter.toPayload(answer)] } : null;
    const commands = [{ commandType: COMPLETE, completeWorkflowExecutionCommandAttributes: { result } }];
    await service.respondWorkflowTaskCompleted({ namespace, taskToken: task.taskToken, identity: 'test', commands });
  }

  return {
    client,
    workflows: createOrderWorkflows(client, { taskQueue: queue }),
    taskQueue: queue,
    complete,
    end: ({ orderId }, answer) => complete(`order:${orderId}`, answer),
    async terminate(order) {
      await handle(order).terminate('by the test');
    },
    async signalsOf(order) {
      const { events } = await handle(order).fetchHistory();
      const sent = (events ?? []).map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
      return sent.filter((name): name is string => typeof name === 'string');
    },
    async argumentsOf(order) {
      const { events } = await handle(order).fetchHistory();
      const payloads = (events ?? []).flatMap(
        (event) => event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [],
      );
      return payloads.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()));
    },
  };
}

/** A namespace without our search attributes, as an operator may have made it. */
export async function bareNamespace(t: Parameters<typeof startClient>[0], retentionHours: number) {
  const namespace = `test-${randomUUID()}`;
  await startClient(t).client.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: retentionHours * 3600 } as never,
  });
  const own = startClient(t, { namespace });
  // A new namespace reaches the server's own caches some seconds later.
  await until(
    'the namespace to be known',
    () => own.client.workflow.count("WorkflowId = 'x'").catch(() => undefined),
    (count) => count !== undefined,
  );
  return { namespace, ...own };
}

/** For a query of a workflow that may not be started yet. */
export function noWorkflow(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
