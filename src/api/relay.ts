import { createBrokerConnection } from '../amqp/connection.js';
import { createPublisher, PUBLISH_WINDOW } from '../amqp/publisher.js';
import { createRelay } from '../amqp/relay.js';
import { orderTopology } from '../amqp/topology.js';
import type { Config } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import { createRelayOutbox } from '../db/grouped-writes.js';
import type { Log } from '../domain/log.js';

/** The API's way to the broker: each order is published after its commit. */
export function createApiRelay(deps: {
  readonly config: Pick<Config, 'AMQP_URL' | 'ORDER_QUEUE' | 'ORDER_QUEUE_TYPE' | 'CONSUME_CANCEL_QUEUE'>;
  readonly pool: Pool;
  readonly log: Log;
}) {
  const { config, pool, log } = deps;
  const publisher = createPublisher({ window: PUBLISH_WINDOW, confirmTimeoutMs: 15_000 });
  const orderQueue = config.ORDER_QUEUE;
  const outbox = createRelayOutbox(pool);
  const relay = createRelay({ outbox, publisher, log, capacity: 5_000, sweepAgeMs: 5_000, orderQueue });
  const topology = orderTopology(config.ORDER_QUEUE_TYPE, { orderQueue, cancelQueue: config.CONSUME_CANCEL_QUEUE });
  const broker = createBrokerConnection({
    url: config.AMQP_URL,
    name: 'order-bridge api',
    topology,
    log,
    setup: publisher.attach,
  });
  return { relay, broker, topology };
}
