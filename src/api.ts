import { asyncApiDocument } from './amqp/async-api.js';
import { createBackOffice } from './api/back-office.js';
import { checkoutAccess, checkoutSettings } from './api/checkout-settings.js';
import { createApiEnds } from './api/ends.js';
import { createApiReads } from './api/reads.js';
import { createApiRelay } from './api/relay.js';
import { variables } from './api/variables.js';
import { createWebhookLog } from './api/webhook-log.js';
import { version } from './config/version.js';
import { createPool } from './db/driver/pool.js';
import { createCheckouts } from './db/grouped-writes.js';
import { createAdminApp } from './http/admin-app.js';
import { createApp } from './http/app.js';
import type { BothAppsDeps } from './http/both-apps.js';
import { webhooksOf } from './payments/providers.js';
import { beginApiSeries } from './process/known-series.js';
import { listen } from './process/listen.js';
import { createMetrics } from './process/metrics.js';
import { createMigrationGate } from './process/migration-gate.js';
import { runProcess } from './process/run.js';
import { createTemporalSetup } from './process/temporal-setup.js';
import { createClient } from './temporal/client.js';
import { createOrderWorkflows } from './temporal/order-workflows.js';

/** A load balancer notices within this time, by its own checks, that this process stops. A rule of thumb. */
const PRODUCTION_DRAIN_MS = 5_000;

/**
 * The API: checkout, orders, webhooks. RabbitMQ and Temporal may be away, also at the start: the messages of new orders
 * and the reports to Temporal wait in MySQL. A payment and a cancel are decided by MySQL before the answer. While MySQL
 * is away, the API responds 503.
 */
await runProcess('api', variables, async ({ config, log, stopping, signal }) => {
  const metrics = createMetrics('api');

  const pool = createPool({ url: config.MYSQL_URL, size: config.MYSQL_POOL_SIZE });
  const schema = createMigrationGate(pool, { config, log, signal });
  const checkouts = createCheckouts(pool, checkoutSettings(config));
  const { relay, broker, topology } = createApiRelay({ config, pool, log });

  const temporal = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE });
  const setup = createTemporalSetup(temporal, { log, signal });
  const workflows = createOrderWorkflows(temporal, { taskQueue: config.TEMPORAL_TASK_QUEUE });
  const ends = createApiEnds({ pool, schema, workflows, config, log });

  const webhooks = webhooksOf(config);
  beginApiSeries(metrics, webhooks);
  metrics.gauge('orders_checkouts_waiting', 'checkouts waiting for their transaction', checkouts.waiting);
  metrics.gauge('orders_publishes_pending', 'checkouts committed and not confirmed yet', relay.pending);

  const both: BothAppsDeps & typeof ends.deadlines = {
    ...ends.orders,
    ...ends.deadlines,
    requestsPerMinute: config.RATE_LIMIT,
    trustProxy: config.TRUST_PROXY,
    log,
    version,
  };
  const app = createApp({
    ...both,
    stopping,
    asyncApi: asyncApiDocument({ topology, version }),
    metrics: metrics.registry,
    paymentWindows: config.PAYMENT_WINDOWS,
    ...checkoutAccess(config),
    checkout: schema.after(checkouts.checkout),
    onReserved: relay.offer,
    ...createApiReads({ pool, schema }),
    onResult: (result) => metrics.checkouts.inc({ result }),
    webhooks,
    ...ends.events,
    ...ends.payments,
    onEvent: createWebhookLog({ metrics, log }),
    dependencies: [
      { name: 'mysql', vital: true, check: schema.check },
      { name: 'rabbitmq', vital: false, check: async () => broker.check() },
      { name: 'temporal', vital: false, check: setup.check },
    ],
  });
  const adminApp = createAdminApp({
    ...both,
    ...ends.operators,
    ...createBackOffice({ pool, schema, config }),
    adminToken: config.ADMIN_TOKEN,
  });
  const listening = { signal, keepAliveMs: config.KEEP_ALIVE_TIMEOUT };
  const admin = await listen(adminApp, { ...listening, host: config.ADMIN_HOST, port: config.ADMIN_PORT });
  const shop = await listen(app.serve, { ...listening, host: config.HOST, port: config.PORT });

  setup.report();
  return {
    url: shop.url,
    adminUrl: admin.url,
    drainMs: config.DRAIN_DELAY ?? (config.NODE_ENV === 'production' ? PRODUCTION_DRAIN_MS : 0),
    connect: () => Promise.all([schema.wait(), broker.connect()]),
    stop: [
      ['http', (withinMs) => Promise.all([shop.close(withinMs), admin.close(withinMs)])],
      ['checkouts', () => checkouts.idle()],
      ['relay', () => relay.idle()],
      ['settlements', ends.idle],
      ['rabbitmq', () => broker.close()],
      ['temporal', () => temporal.connection.close()],
      ['mysql', schema.close],
    ],
  };
});
