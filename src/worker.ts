import { createPool } from './db/driver/pool.js';
import { messageOf, unavailable } from './domain/errors.js';
import { createHealthApp } from './http/health.js';
import { listen } from './process/listen.js';
import { createMetrics } from './process/metrics.js';
import { createMigrationGate } from './process/migration-gate.js';
import { runProcess } from './process/run.js';
import { createTemporalSetup } from './process/temporal-setup.js';
import { untilAvailable } from './process/until-available.js';
import { createClient } from './temporal/client.js';
import { createWorker, isTemporalAway, logThrough } from './temporal/worker.js';
import { becomeFirstVersion, currentVersion, mayBecomeCurrent } from './temporal/worker-versions.js';
import { workflowBuildId } from './temporal/workflow-bundle.js';
import { createWorkerActivities } from './worker/activities.js';

/** As long as an activity of the database may take (workflows/activities.ts). */
const ACTIVITY_LIMIT_MS = 10_000;

/** The worker: the orders' workflows and their activities. It waits for its servers, and `/readyz` reports the wait. */
const variables = [
  'HOST',
  'HEALTH_PORT',
  'MYSQL_URL',
  'MYSQL_POOL_SIZE',
  'NODE_ENV',
  'ACCEPTED_RISKS',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TASK_QUEUE',
  'WORKER_VERSIONING',
  'REMIND_BEFORE',
  'LATE_PAYMENTS',
  'LATE_SALES_WITHIN',
  'PAYMENT_PROVIDER_URL',
  'PAYMENT_PROVIDER_TOKEN',
  'PAYMENT_CAPTURE',
  'STRIPE_CAPTURE',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_SECRET_KEY',
  'STRIPE_API_URL',
] as const;

await runProcess('worker', variables, async ({ config, log, stopping, signal }) => {
  logThrough(log);
  const metrics = createMetrics('worker');
  const pool = createPool({ url: config.MYSQL_URL, size: config.MYSQL_POOL_SIZE });
  const schema = createMigrationGate(pool, { config, log, signal });
  const self = { deploymentName: config.TEMPORAL_TASK_QUEUE, buildId: workflowBuildId() };
  const version = config.WORKER_VERSIONING === 'pinned' ? self : undefined;
  const activities = createWorkerActivities({ pool, config, log });
  const create = () =>
    createWorker({
      address: config.TEMPORAL_ADDRESS,
      namespace: config.TEMPORAL_NAMESPACE,
      taskQueue: config.TEMPORAL_TASK_QUEUE,
      graceMs: ACTIVITY_LIMIT_MS,
      version,
      activities,
    });
  const temporal = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE });
  const setup = createTemporalSetup(temporal, { log, signal });
  let polling: (Awaited<ReturnType<typeof create>> & { readonly ended: Promise<void> }) | undefined;

  async function connect(): Promise<void> {
    await schema.wait();
    // A workflow that sets a search attribute that is missing in the namespace cannot continue.
    await setup.wait();
    const created = await untilAvailable('Temporal', create, { isAway: isTemporalAway, log, signal });
    // If a shutdown began during `create`, do not poll: the shutdown stops only a worker that polls already.
    signal.throwIfAborted();
    polling = { ...created, ended: untilStopped(created.worker.run()) };
    log.info(self, 'the workflows of this worker');
    await compareVersion();
  }

  /** When the polling ends without a stop, the process ends, and its supervisor starts a new process. */
  async function untilStopped(run: Promise<void>): Promise<void> {
    try {
      await run;
      if (!stopping()) throw new Error('the worker stopped polling, and no stop was asked for');
    } catch (error) {
      log.fatal({ err: error }, 'the worker failed');
      process.exit(1);
    }
  }

  /** Logs that another version is current: this worker then gets no new orders, and an operator decides. */
  async function compareVersion(): Promise<void> {
    const options = { isAway: mayBecomeCurrent, log, signal };
    const current = version
      ? await untilAvailable('the version of this worker', () => becomeFirstVersion(temporal, version), options)
      : await currentVersion(temporal, self.deploymentName).catch((error) => {
          // The deployment never had a version, or this Temporal has no versioning.
          log.debug({ reason: messageOf(error) }, 'no version of the workers is current');
          return undefined;
        });
    if (current !== version?.buildId)
      log.error(
        { current, WORKER_VERSIONING: config.WORKER_VERSIONING },
        'new orders go to workers of another version',
      );
  }

  async function checkTemporal(): Promise<string | undefined> {
    const remark = await setup.check();
    if (polling === undefined) throw unavailable('Temporal', new Error('not connected'));
    await polling.connection.workflowService.getSystemInfo({});
    return remark;
  }

  const health = createHealthApp({
    stopping,
    metrics: metrics.registry,
    dependencies: [
      { name: 'mysql', vital: true, check: schema.check },
      { name: 'temporal', vital: true, check: checkTemporal },
    ],
  });
  const { url, close } = await listen(health, { host: config.HOST, port: config.HEALTH_PORT, signal });

  async function stopPolling(): Promise<void> {
    polling?.worker.shutdown();
    await polling?.ended;
  }

  return {
    url,
    connect,
    stop: [
      ['worker', stopPolling],
      ['temporal', () => Promise.all([polling?.connection.close(), temporal.connection.close()])],
      ['mysql', schema.close],
      ['http', close],
    ],
  };
});
