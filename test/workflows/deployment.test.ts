import { randomUUID } from 'node:crypto';
import type { WorkerOptions } from '@temporalio/worker';
import test, { type ExecutionContext } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { createClient } from '../../src/temporal/client.js';
import { createOrderWorkflows } from '../../src/temporal/order-workflows.js';
import { createWorker } from '../../src/temporal/worker.js';
import { becomeFirstVersion, mayBecomeCurrent, type WorkerVersion } from '../../src/temporal/worker-versions.js';
import { workflowBundle } from '../../src/temporal/workflow-bundle.js';
import { type OrderStanding, orderWorkflowId } from '../../workflows/contract.js';
import { orderState } from '../../workflows/messages.js';
import { taskQueue, temporal } from '../helpers/servers.js';
import { createOrder } from '../helpers/temporal.js';
import { changedWorkflows, withOneMoreRecordPatched } from './changed-workflows.js';
import { dropSdkLogs, standing } from './life.js';

/** The steps of docs/deploying.md: two real workers, the second with changed workflows, while orders wait. */

dropSdkLogs();

const today: WorkerOptions['workflowBundle'] = workflowBundle;
const changed: WorkerOptions['workflowBundle'] = { code: changedWorkflows(withOneMoreRecordPatched) };

function deployment(t: ExecutionContext) {
  const queue = taskQueue();
  const client = createClient({ address: temporal.address, namespace: temporal.namespace });
  const workflows = createOrderWorkflows(client, { taskQueue: queue });
  t.teardown(() => client.connection.close());

  return {
    client,
    queue,
    /** @returns a function that stops the worker */
    async startWorker(code: typeof today, version?: WorkerVersion): Promise<() => Promise<void>> {
      const { worker, connection } = await createWorker({
        ...temporal,
        taskQueue: queue,
        graceMs: 1_000,
        version,
        ...(code && { workflows: code }),
        activities: {
          recordOrder: async (orderId) =>
            standing(orderId, { expiresAt: new Date(Date.now() + 600_000).toISOString() }),
          settleOrder: async (orderId) => standing(orderId, { status: 'paid' }),
          refundPayment: async () => ({ refundId: null }),
          capturePayment: async () => ({ captured: 0 }),
          refundOrder: async () => ({ refundId: null }),
          remindOfDeadline: async () => ({ reminded: true }),
          closePayments: async () => ({ closed: 0, paid: 0, processing: 0 }),
        },
      });
      const ended = worker.run();
      let stopped: Promise<void> | undefined;
      const stop = (): Promise<void> => {
        stopped ??= (async () => {
          worker.shutdown();
          await ended;
          await connection.close();
        })();
        return stopped;
      };
      t.teardown(stop);
      return stop;
    },
    /** An order that is recorded and waits for its payment. */
    async place() {
      const order = { ...createOrder(), orderId: randomUUID(), expiresAt: new Date(Date.now() + 600_000) };
      await workflows.startOrder({ ...order, expiresAt: order.expiresAt.toISOString() });
      const workflow = client.workflow.getHandle(orderWorkflowId(order.orderId));
      t.teardown(() => workflow.terminate('the test has ended').then(Boolean, () => undefined) as Promise<never>);
      await until('the order to be recorded', () => workflow.query(orderState), Boolean);
      return { order, workflow, pay: () => workflows.reportPayment(order, { paymentId: 'p1' }) };
    },
  };
}

type Placed = Awaited<ReturnType<ReturnType<typeof deployment>['place']>>;

/** How the order ended, and how often an activity recorded the order: never before the change, once after it. */
async function ending({ workflow }: Placed): Promise<{ readonly status: string; readonly records: number }> {
  const { status } = (await workflow.result()) as OrderStanding;
  const { events } = await workflow.fetchHistory();
  const scheduled = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
  return { status, records: scheduled.filter((name) => name === 'recordOrder').length };
}

test('orders that wait while a worker with changed workflows replaces the old worker end without the change', async (t) => {
  const { startWorker, place } = deployment(t);
  const stopOld = await startWorker(today);
  const before = await place();
  await startWorker(changed);
  await stopOld();
  const after = await place();
  await before.pay();
  await after.pay();
  t.deepEqual(await ending(before), { status: 'paid', records: 0 });
  t.deepEqual(await ending(after), { status: 'paid', records: 1 });
});

test('a pinned order ends with the version that began the order, and new orders go to the current version', async (t) => {
  const { client, queue, startWorker, place } = deployment(t);
  const { namespace } = temporal;
  const [first, second] = ['first', 'second'].map((buildId) => ({ deploymentName: queue, buildId }));
  if (!first || !second) return;
  const becomeFirst = (version: WorkerVersion) =>
    until(
      `${version.buildId} to be registered`,
      () =>
        becomeFirstVersion(client, version).catch((error) => {
          if (mayBecomeCurrent(error)) return undefined;
          throw error;
        }),
      Boolean,
    );

  const stopFirst = await startWorker(today, first);
  t.is(await becomeFirst(first), 'first');
  const [ends, outlives] = [await place(), await place()];
  await startWorker(changed, second);
  t.is(await becomeFirst(second), 'first', 'the start of a second worker does not make its version current');
  await until(
    'the second version to be made current',
    () =>
      client.workflowService
        .setWorkerDeploymentCurrentVersion({ namespace, ...second, identity: 'operator' })
        .then(() => true)
        .catch(() => false),
    Boolean,
  );
  const next = await place();
  await Promise.all([ends.pay(), next.pay()]);
  t.deepEqual(await ending(ends), { status: 'paid', records: 0 });
  t.deepEqual(await ending(next), { status: 'paid', records: 1 });

  await stopFirst();
  await outlives.pay();
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace,
    workflowExecution: { workflowId: outlives.workflow.workflowId },
    workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
    updateMask: { paths: ['versioning_override'] },
  });
  t.deepEqual(await ending(outlives), { status: 'paid', records: 0 }, 'moved by hand, since its version is gone');
});
