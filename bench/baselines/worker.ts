import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { dropSdkLogs } from '../../test/workflows/life.js';
import { readyUntilStopped } from '../harness/forked.js';

/** A worker with the default options of the SDK, in a process of its own, until SIGTERM. */
export async function runBaselineWorker(options: Pick<WorkerOptions, 'workflowsPath' | 'activities'>): Promise<void> {
  dropSdkLogs();
  const [address = '', taskQueue = ''] = process.argv.slice(2);
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, namespace: 'default', taskQueue, ...options });
  const running = worker.run();
  await readyUntilStopped('ready');
  worker.shutdown();
  await running;
  await connection.close();
}
