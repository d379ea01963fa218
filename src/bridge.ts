import { orderOf } from './amqp/messages.js';
import { createOrderCancelHandler } from './amqp/order-cancel.js';
import { createOrderCreateHandler } from './amqp/order-create.js';
import { createBridgeQueues } from './bridge/queues.js';
import { startBridgeSweeps } from './bridge/sweeps.js';
import { variables } from './bridge/variables.js';
import { lateSalesOf } from './config/late-sales.js';
import { allowsPrivate } from './config/private-endpoints.js';
import { createPool } from './db/driver/pool.js';
import { forgottenAmong } from './db/forget/forgotten.js';
import { createOrderLookup, createRelayOutbox } from './db/grouped-writes.js';
import { createSettlements } from './db/orders/settlements.js';
import { createHealthApp } from './http/health.js';
import { providersOf } from './payments/providers.js';
import { beginBridgeSeries } from './process/known-series.js';
import { listen } from './process/listen.js';
import { createMetrics } from './process/metrics.js';
import { createMigrationGate } from './process/migration-gate.js';
import { createOrderReports, createViewOf } from './process/order-reports.js';
import { runProcess } from './process/run.js';
import type { Sweep } from './process/sweep.js';
import { createTemporalSetup } from './process/temporal-setup.js';
import { createClient } from './temporal/client.js';
import { createKnownWorkflows } from './temporal/known-workflows.js';
import { createOrderWorkflows } from './temporal/order-workflows.js';

const legacyCancel = { kind: 'cancel', reason: 'legacy-timeout' } as const;

/** The bridge: starts the workflows from the queues' messages, and runs the sweeps. */
await runProcess('bridge', variables, async ({ config, log, stopping, signal }) => {
  const metrics = createMetrics('bridge');

  const pool = createPool({ url: config.MYSQL_URL, size: 5 });
  const schema = createMigrationGate(pool, { config, log, signal });
  const temporal = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE });
  const setup = createTemporalSetup(temporal, { log, signal });
  const onQueue = { taskQueue: config.TEMPORAL_TASK_QUEUE };
  const workflows = { ...createOrderWorkflows(temporal, onQueue), ...createKnownWorkflows(temporal, onQueue) };
  const settlements = createSettlements(pool, { unplaced: config.UNPLACED_PAYMENTS, ...lateSalesOf(config) });
  const reports = createOrderReports({ pool, workflows, log });

  const handlers = {
    create: createOrderCreateHandler({
      isKnown: createOrderLookup(pool),
      startOrder: (message) => workflows.startOrder(orderOf(message)),
    }),
    cancel: createOrderCancelHandler({
      findOrder: createViewOf(pool),
      // The deadline has passed: the workflow's own timer makes the workflow read the order's end.
      cancel: async (orderId) => (await settlements.settle(orderId, legacyCancel)).order.status,
      isForgotten: async (orderId) => (await forgottenAmong(pool, [orderId])).has(orderId),
      log,
    }),
  };
  const { relay, deliverEvents, consumers, consumes, queue, brokers } = createBridgeQueues(config, {
    outbox: createRelayOutbox(pool),
    handlers,
    onOutcome: (name, outcome) => metrics.deliveries.inc({ queue: name, outcome }),
    log,
  });

  beginBridgeSeries(metrics, consumes);

  let sweeps: readonly Sweep[] = [];

  /**
   * Consumers and sweeps need the tables. The sweeps start before the broker is connected: most of them work without
   * it.
   */
  async function connectInOrder(): Promise<void> {
    await schema.wait();
    sweeps = startBridgeSweeps({
      pool,
      relay,
      deliverEvents,
      workflows,
      queue,
      settlements,
      providers: providersOf(config),
      reports,
      metrics,
      reconcileAfterMs: config.RECONCILE_AFTER,
      eventsKeptMs: config.EVENTS_KEPT,
      allowPrivateEndpoints: allowsPrivate(config),
      log,
    });
    await Promise.all(brokers.map((broker) => broker.connect()));
  }

  const health = createHealthApp({
    stopping,
    metrics: metrics.registry,
    dependencies: [
      { name: 'mysql', vital: true, check: schema.check },
      {
        name: 'rabbitmq',
        vital: true,
        check: async () => {
          for (const broker of brokers) broker.check();
        },
      },
      { name: 'temporal', vital: true, check: setup.check },
    ],
  });
  const { url, close } = await listen(health, { host: config.HOST, port: config.HEALTH_PORT, signal });

  setup.report();
  return {
    url,
    connect: connectInOrder,
    stop: [
      [
        'consumers and sweeps',
        (withinMs) =>
          Promise.all([
            ...consumers.map((consumer) => consumer.stop(withinMs)),
            ...sweeps.map((sweep) => sweep.stop()),
          ]),
      ],
      ['relay', () => relay.idle()],
      ['reports', reports.idle],
      ['rabbitmq', () => Promise.all(brokers.map((broker) => broker.close()))],
      ['temporal', () => temporal.connection.close()],
      ['mysql', schema.close],
      ['http', close],
    ],
  };
});
