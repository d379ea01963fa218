import type { Client } from '@temporalio/client';
import { asked } from './refusals.js';

const WORKFLOW_TASKS = 1;

/**
 * Whether a worker polls this task queue, or a workflow was started on it. An account without a right in the namespace
 * can do no harm there, so the answer is no; where only the workflows cannot be counted, the answer is yes.
 *
 * @throws {DomainError} `dependency-unavailable` when Temporal does not answer
 */
export async function isTaskQueueUsed(client: Client, taskQueue: string): Promise<boolean> {
  const { namespace } = client.options;
  const described = await asked(client, ({ workflowService }) =>
    workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: WORKFLOW_TASKS }),
  );
  if (typeof described === 'number') return false;
  if (described.pollers.length > 0) return true;
  const query = `TaskQueue = '${taskQueue}'`;
  const counted = await asked(client, ({ workflowService }) =>
    workflowService.countWorkflowExecutions({ namespace, query }),
  );
  return typeof counted === 'number' || Number(counted.count) > 0;
}
