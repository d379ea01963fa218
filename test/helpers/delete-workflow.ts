import type { Client } from '@temporalio/client';
import { until } from '../../src/cli/story/until.js';

/** Deletes a workflow, as Temporal's retention or a loss of its data does: the id is free again. */
export async function deleteWorkflow(
  { workflowService, workflow, options }: Client,
  workflowId: string,
): Promise<void> {
  const { namespace } = options;
  await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  const describe = async () => (await workflow.getHandle(workflowId).describe()).status.name;
  await until(
    `Temporal to have deleted ${workflowId}`,
    () => describe().catch(() => 'unknown'),
    (status) => status === 'unknown',
  );
}
