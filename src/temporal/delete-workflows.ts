import type { Client } from '@temporalio/client';
import { unavailable } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import { call } from './client.js';
import { answerOrRefusal, NOT_FOUND } from './refusals.js';

/** What Temporal still has under an id. A delete is done a moment after its answer. */
export type Left = 'nothing' | 'being-deleted' | 'running';

/** `WORKFLOW_EXECUTION_STATUS_RUNNING` of the protocol. */
const RUNNING = 1;
const AT_ONCE = 10;
/** So many ids make a query of some 10,000 characters. */
const AMONG = 200;

interface Run {
  readonly workflowId: string;
  readonly runId: string;
  readonly isRunning: boolean;
}

/**
 * Deletes the closed runs of these workflows: their input, results, search attributes and history. A workflow that runs is
 * left alone, since Temporal would end it. Called again until nothing is left.
 *
 * @returns what each id had before this call
 * @throws {DomainError} `dependency-unavailable`, also when the account may not delete
 */
export async function deleteClosed(client: Client, workflowIds: readonly string[]): Promise<ReadonlyMap<string, Left>> {
  const runs: Run[] = [];
  // The newest run from its history, and the earlier ones from the index, which is a moment behind.
  const newest = await inParallel(workflowIds, AT_ONCE, (workflowId) => newestRun(client, workflowId));
  runs.push(...newest.filter((run) => run !== undefined));
  for (let from = 0; from < workflowIds.length; from += AMONG)
    runs.push(...(await indexedRuns(client, workflowIds.slice(from, from + AMONG))));
  const isRunning = new Set(runs.filter((run) => run.isRunning).map(({ workflowId }) => workflowId));
  const closed = new Map(
    runs.filter(({ workflowId }) => !isRunning.has(workflowId)).map((run) => [`${run.workflowId} ${run.runId}`, run]),
  );
  await inParallel([...closed.values()], AT_ONCE, (run) => deleteRun(client, run));
  const deleting = new Set([...closed.values()].map(({ workflowId }) => workflowId));
  return new Map(
    workflowIds.map((id) => [id, isRunning.has(id) ? 'running' : deleting.has(id) ? 'being-deleted' : 'nothing']),
  );
}

async function newestRun(client: Client, workflowId: string): Promise<Run | undefined> {
  const { namespace } = client.options;
  const found = await foundOr(client, ({ workflowService }) =>
    workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
  );
  const info = found?.workflowExecutionInfo;
  const runId = info?.execution?.runId;
  return runId ? { workflowId, runId, isRunning: info?.status === RUNNING } : undefined;
}

async function indexedRuns(client: Client, workflowIds: readonly string[]): Promise<Run[]> {
  const { namespace } = client.options;
  const query = `WorkflowId IN (${workflowIds.map((id) => `'${id.replaceAll(/['\\]/g, String.raw`\$&`)}'`).join(', ')})`;
  const runs: Run[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace, query, pageSize: 1_000, ...(nextPageToken && { nextPageToken }) };
    const page = await call(client, ({ workflowService }) => workflowService.listWorkflowExecutions(request));
    for (const { execution, status } of page.executions) {
      const { workflowId, runId } = execution ?? {};
      if (workflowId && runId) runs.push({ workflowId, runId, isRunning: status === RUNNING });
    }
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return runs;
}

/** A run that is deleted already is left in the index for a moment. */
async function deleteRun(client: Client, { workflowId, runId }: Run): Promise<void> {
  const { namespace } = client.options;
  await foundOr(client, ({ workflowService }) =>
    workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } }),
  );
}

/** @returns undefined where Temporal does not have the workflow */
async function foundOr<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T | undefined> {
  const answer = await answerOrRefusal(client, work);
  if (typeof answer !== 'number') return answer;
  if (answer === NOT_FOUND) return undefined;
  throw refused(answer);
}

const refused = (code: number): Error =>
  unavailable('Temporal', new Error(`gRPC status ${code}: the account may not read or delete workflows`));
