import { createActivities } from '../activities/index.js';
import { migrate } from './db/migrate.js';
import { findPayment, markRefunded } from './db/payments.js';
import { createPool, ping } from './db/pool.js';
import { settleOrder } from './db/settlement.js';
import { createOrderRecorder } from './db/stores.js';
import { createHealthApp } from './http/health.js';
import { createMetrics } from './metrics.js';
import { providersOf } from './payments/providers.js';
import { closeServer, listen, runProcess } from './process.js';
import { createWorker, logThrough } from './temporal/worker.js';

const ACTIVITY_GRACE_MS = 10_000;

/** The worker: the orders' workflows and their activities. */
const variables = [
  'HOST',
  'HEALTH_PORT',
  'MYSQL_URL',
  'MYSQL_POOL_SIZE',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TASK_QUEUE',
  'PAYMENT_PROVIDER_URL',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_SECRET_KEY',
  'STRIPE_API_URL',
] as const;

await runProcess('worker', variables, async ({ config, log, stopping }) => {
  logThrough(log);
  const metrics = createMetrics('worker');
  const pool = createPool({ url: config.MYSQL_URL, size: config.MYSQL_POOL_SIZE });
  await migrate(pool);

  const { worker, connection } = await createWorker({
    address: config.TEMPORAL_ADDRESS,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    graceMs: ACTIVITY_GRACE_MS,
    activities: createActivities({
      recordOrder: createOrderRecorder(pool),
      settleOrder: (orderId, cause) => settleOrder(pool, orderId, cause),
      findPayment: (paymentId) => findPayment(pool, paymentId),
      markRefunded: (paymentId, refundId) => markRefunded(pool, paymentId, refundId),
      providers: providersOf(config),
    }),
  });
  const ended = worker.run().catch((error) => {
    log.fatal({ err: error }, 'the worker failed');
    process.exit(1);
  });

  const health = createHealthApp({
    stopping,
    metrics: metrics.registry,
    dependencies: [
      { name: 'mysql', vital: true, check: () => ping(pool) },
      {
        name: 'temporal',
        vital: true,
        check: async () => {
          await connection.workflowService.getSystemInfo({});
        },
      },
    ],
  });
  const { server, url } = await listen(health, { host: config.HOST, port: config.HEALTH_PORT });

  return {
    url,
    stop: [
      [
        'worker',
        async () => {
          worker.shutdown();
          await ended;
        },
      ],
      ['temporal', () => connection.close()],
      ['mysql', () => pool.end()],
      ['http', () => closeServer(server)],
    ],
  };
});
