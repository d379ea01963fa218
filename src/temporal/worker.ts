import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  TransportError,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { OrderActivities } from '../../workflows/contract.js';
import type { Log } from '../domain/log.js';
import { environmentConnection, type TemporalClientOptions } from './client.js';
import type { WorkerVersion } from './worker-versions.js';
import { workflowBundle } from './workflow-bundle.js';

/**
 * Leaves signals to this program, and logs the lines of the SDK and of its core as lines of this program. Once a process,
 * before the first worker.
 */
export function logThrough(log: Log): void {
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    const say = { TRACE: log.debug, DEBUG: log.debug, INFO: log.info, WARN: log.warn, ERROR: log.error }[level];
    say.call(log, meta ?? {}, message);
  });
  Runtime.install({
    logger,
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
    // The program's own: at some of the SDK's a worker takes no more work, while its process lives and seems ready.
    shutdownSignals: [],
  });
}

/** Whether a worker could not be made since the server, or its namespace, is not there. */
export const isTemporalAway = (error: unknown): boolean => error instanceof TransportError;

/**
 * A worker for the orders' workflows and activities, and its connection to close after it has ended.
 *
 * @param graceMs how long activities may go on after a shutdown was asked for
 */
export async function createWorker(
  options: TemporalClientOptions & {
    readonly taskQueue: string;
    readonly activities: OrderActivities;
    readonly graceMs: number;
    /** Given, the worker takes the orders of this version alone, and each order stays with the version that began it. */
    readonly version?: WorkerVersion | undefined;
    /** The workflows' code, where it is not the build's own. */
    readonly workflows?: WorkflowBundleOption;
  },
): Promise<{ readonly worker: Worker; readonly connection: NativeConnection }> {
  const connection = await NativeConnection.connect({
    ...environmentConnection(options.env),
    address: options.address,
  });
  try {
    const worker = await Worker.create({
      connection,
      namespace: options.namespace,
      taskQueue: options.taskQueue,
      workflowBundle: options.workflows ?? workflowBundle,
      ...(options.version && { workerDeploymentOptions: pinnedTo(options.version) }),
      activities: options.activities,
      shutdownGraceTime: options.graceMs,
      maxCachedWorkflows: 600,
      maxConcurrentActivityTaskExecutions: 200,
      nonStickyToStickyPollRatio: 0.5,
    });
    return { worker, connection };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

const pinnedTo = (version: WorkerVersion) =>
  ({ useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' }) as const;
