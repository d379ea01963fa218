import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { ORDER_WORKFLOW, type OrderStanding, orderIdOf, orderWorkflowId } from '../../workflows/contract.js';
import { orderStatusKey } from '../../workflows/search-attributes.js';
import type { OrderStatus } from '../domain/order.js';
import { call } from './client.js';

/** An order as Temporal lists it: whether its workflow is open, and the workflow's last status. */
export interface SeenOrder {
  readonly orderId: string;
  readonly running: boolean;
  readonly status: OrderStatus;
}

type Ended = Pick<OrderStanding, 'status' | 'cancelReason'>;

/** Reads the orders' workflows from Temporal. Each call throws `dependency-unavailable` when Temporal is away. */
export interface KnownWorkflows {
  /** The orders among these whose workflows are open, by Temporal's index, which is a moment behind. */
  readonly runningAmong: (orderIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** The orders among these whose status is `paid`, by the same index. */
  readonly paidAmong: (orderIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** All orders whose workflows are open or were closed after `since`, page by page, by the same index. */
  readonly pages: (options?: { readonly since?: Date | undefined }) => AsyncIterable<SeenOrder[]>;
  /** The newest run, from its history and not from the index. `ended` is the result of a completed run. */
  readonly lastRun: (orderId: string) => Promise<{ readonly running: boolean; readonly ended?: Ended }>;
}

/** Temporal's default limit of a page. */
const PAGE = 1_000;
/** `WORKFLOW_EXECUTION_STATUS_RUNNING` of the protocol. */
const RUNNING = 1;
/** So many ids make a query of some 10,000 characters. */
const AMONG = 200;

export function createKnownWorkflows(client: Client, { taskQueue }: { readonly taskQueue: string }): KnownWorkflows {
  const ours = `WorkflowType = '${ORDER_WORKFLOW}' AND TaskQueue = '${taskQueue}'`;
  const isOpen = "ExecutionStatus = 'Running'";

  async function* list(query: string): AsyncIterable<SeenOrder[]> {
    const { namespace } = client.options;
    let nextPageToken: Uint8Array | undefined;
    do {
      // Each page is a call of its own, with its own deadline.
      const request = { namespace, query, pageSize: PAGE, ...(nextPageToken && { nextPageToken }) };
      const page = await call(client, ({ workflowService }) => workflowService.listWorkflowExecutions(request));
      yield page.executions.map(({ execution, status, searchAttributes }) => ({
        orderId: orderIdOf(execution?.workflowId ?? ''),
        running: status === RUNNING,
        status: statusIn(searchAttributes?.indexedFields?.[orderStatusKey.name]?.data),
      }));
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken);
  }

  async function among(orderIds: readonly string[], condition: string): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (let from = 0; from < orderIds.length; from += AMONG) {
      const ids = orderIds.slice(from, from + AMONG).map((orderId) => `'${orderWorkflowId(orderId)}'`);
      for await (const page of list(`WorkflowId IN (${ids.join(', ')}) AND ${ours} AND ${condition}`)) {
        for (const { orderId } of page) found.add(orderId);
      }
    }
    return found;
  }

  return {
    runningAmong: (orderIds) => among(orderIds, isOpen),
    paidAmong: (orderIds) => among(orderIds, `${orderStatusKey.name} = 'paid'`),
    pages: ({ since } = {}) =>
      list(`${ours} AND ${since ? `(${isOpen} OR CloseTime >= '${since.toISOString()}')` : isOpen}`),
    async lastRun(orderId) {
      try {
        return await call(client, async ({ workflow }) => {
          const handle = workflow.getHandle(orderWorkflowId(orderId));
          const { status, runId } = await handle.describe();
          if (status.name !== 'COMPLETED') return { running: status.name === 'RUNNING' };
          const ended = (await workflow.getHandle(handle.workflowId, runId).result()) as Ended | undefined;
          return { running: false, ...(ended && { ended }) };
        });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { running: false };
        throw error;
      }
    },
  };
}

/** A workflow without the attribute is `placed`, as at its start. */
const statusIn = (data: Uint8Array | null | undefined): OrderStatus =>
  data ? (JSON.parse(Buffer.from(data).toString()) as OrderStatus) : 'placed';
