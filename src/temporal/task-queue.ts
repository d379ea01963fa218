import type { Client } from '@temporalio/client';
import { answerOrRefusal } from './refusals.js';

/** `TASK_QUEUE_TYPE_WORKFLOW` of Temporal's protocol. */
const WORKFLOW_TASKS = 1;

/**
 * Whether a worker polls this task queue, or a workflow was started on this task queue. Without any right in the
 * namespace this account can do no harm there, and the answer is no. When only the count is refused, the answer is yes.
 *
 * @throws {DomainError} `dependency-unavailable` when Temporal does not answer
 */
export async function isTaskQueueUsed(client: Client, taskQueue: string): Promise<boolean> {
  const { namespace } = client.options;
  const described = await answerOrRefusal(client, ({ workflowService }) =>
    workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_TASKS }),
  );
  if (typeof described === 'number') return false;
  if (described.pollers.length > 0) return true;
  const query = `TaskQueue = '${taskQueue}'`;
  const counted = await answerOrRefusal(client, ({ workflowService }) =>
    workflowService.countWorkflowExecutions({ namespace, query }),
  );
  return typeof counted === 'number' || Number(counted.count) > 0;
}
