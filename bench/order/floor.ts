import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { until } from '../../src/cli/story/until.js';
import { inParallel } from '../../src/domain/in-parallel.js';
import type { floorWorkflow } from '../baselines/floor/workflow.js';
import { startBaselineWorker } from './baseline-worker.js';
import { AT_ONCE, type Way } from './way.js';

/** The events until a workflow waits: started, and its first task scheduled, started and completed. */
const FIRST_TASK = 4;

/** Workflows that wait for a signal and close. */
export async function createFloor(client: Client, env: NodeJS.ProcessEnv) {
  const taskQueue = `bench-${randomUUID()}`;
  const worker = await startBaselineWorker('floor', env, taskQueue);
  let ids: string[] = [];
  const way: Way = {
    taskQueue,
    worker: worker.pid,
    async place(count) {
      ids = Array.from({ length: count }, () => `floor:${randomUUID()}`);
      await inParallel(ids, AT_ONCE, (workflowId) =>
        client.workflow.start<typeof floorWorkflow>('floorWorkflow', { workflowId, taskQueue, args: [{ workflowId }] }),
      );
      // The tasks run about in the order of the starts.
      await inParallel(ids.slice(-10), 10, (id) =>
        until(
          `the first task of ${id}`,
          () => lengthOf(client, id),
          (length) => length >= FIRST_TASK,
        ),
      );
      return ids;
    },
    end: () => inParallel(ids, AT_ONCE, (id) => client.workflow.getHandle(id).signal('end')),
  };
  return { way, close: worker.stop };
}

const lengthOf = async (client: Client, id: string): Promise<number> =>
  (await client.workflow.getHandle(id).describe()).historyLength;
