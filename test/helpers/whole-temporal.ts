import type { Client } from '@temporalio/client';

/**
 * All that Temporal has of the workflows of a query, as texts by their ids: their history with inputs, results and
 * failures, their search attributes, their memo, their summary and details.
 */
export async function wholeTemporal(client: Client, query: string): Promise<ReadonlyMap<string, string>> {
  const { namespace } = client.options;
  const service = client.workflowService;
  const { executions } = await service.listWorkflowExecutions({ namespace, query, pageSize: 1_000 });
  const found = new Map<string, string>();
  for (const { execution } of executions) {
    const { workflowId, runId } = execution ?? {};
    if (!workflowId || !runId) throw new Error('an execution without its id');
    const handle = client.workflow.getHandle(workflowId, runId);
    const described = await service.describeWorkflowExecution({ namespace, execution: { workflowId, runId } });
    const texts = textsIn([execution, described, (await handle.fetchHistory()).events]);
    found.set(workflowId, `${found.get(workflowId) ?? ''}\n${texts.join('\n')}`);
  }
  return found;
}

/** Every text and every payload, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
