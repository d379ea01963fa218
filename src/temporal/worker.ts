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
 * Logs the lines of the SDK and of its core in this process's log, and leaves the signals to this process. Called once in a
 * process, before the first worker.
 */
export function logThrough(log: Log): void {
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    const write = { TRACE: log.debug, DEBUG: log.debug, INFO: log.info, WARN: log.warn, ERROR: log.error }[level];
    write.call(log, meta ?? {}, message);
  });
  Runtime.install({
    logger,
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
    // The process handles the signals. On the SDK's own signals a worker stops while its process lives and seems ready.
    shutdownSignals: [],
  });
}

/** Whether the worker could not be created because the server or its namespace is not available. */
export const isTemporalAway = (error: unknown): boolean => error instanceof TransportError;

/**
 * Creates a worker for the workflows and activities. The caller closes the connection after the worker's end.
 *
 * @param options.graceMs how long activities may run after the start of a shutdown
 */
export async function createWorker(
  options: TemporalClientOptions & {
    readonly taskQueue: string;
    readonly activities: OrderActivities;
    readonly graceMs: number;
    /** With a version, the worker takes only orders of this version, and each order stays with its first version. */
    readonly version?: WorkerVersion | undefined;
    /** The workflows' code; the code of the build without it. */
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
