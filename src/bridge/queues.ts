import { type Broker, createBrokerConnection } from '../amqp/connection.js';
import { type Consumer, createConsumer } from '../amqp/consumer.js';
import type { DeliveryOptions, Handler } from '../amqp/delivery.js';
import { createEventSender } from '../amqp/event-sender.js';
import { BRIDGE_NAME, createConsumerCheck } from '../amqp/other-consumers.js';
import { createPublisher, PUBLISH_WINDOW } from '../amqp/publisher.js';
import { createQueueDepth, type QueueDepth } from '../amqp/queue-depth.js';
import { createRelay, type Relay, type RelayOutbox } from '../amqp/relay.js';
import { ORDER_CANCEL_QUEUE, orderTopology } from '../amqp/topology.js';
import type { Config } from '../config/config.js';
import type { DeliverEvents } from '../domain/event.js';
import type { Log } from '../domain/log.js';

/** Most outages are over by then. A rule of thumb. */
const HOLD_LIMIT_MS = 5 * 60_000;
/** Below the broker's consumer time-out, which is 30 minutes by default. */
const GIVE_BACK_LIMIT_MS = 25 * 60_000;

type Settings = Pick<
  Config,
  'AMQP_URL' | 'RABBITMQ_API_URL' | 'ORDER_QUEUE' | 'ORDER_QUEUE_TYPE' | 'CONSUME_CANCEL_QUEUE' | 'BRIDGE_PREFETCH'
>;

/** The bridge's consumers, its relay, and its connections to RabbitMQ. */
export function createBridgeQueues(
  config: Settings,
  deps: {
    readonly outbox: RelayOutbox;
    readonly handlers: { readonly create: Handler; readonly cancel: Handler };
    readonly onOutcome: NonNullable<DeliveryOptions['onOutcome']>;
    readonly log: Log;
  },
): {
  readonly relay: Relay;
  readonly deliverEvents: DeliverEvents;
  readonly consumers: readonly Consumer[];
  /** The names of the queues that they consume. */
  readonly consumes: readonly string[];
  /** The number of messages that wait in the queue of new orders. */
  readonly queue: QueueDepth;
  readonly brokers: readonly Broker[];
} {
  const { outbox, handlers, onOutcome, log } = deps;
  const { AMQP_URL: amqpUrl, RABBITMQ_API_URL: apiUrl, ORDER_QUEUE: orderQueue } = config;
  const publisher = createPublisher({ window: PUBLISH_WINDOW, confirmTimeoutMs: 15_000 });
  // A copy waits for its confirm as long as its delivery may be held: a second copy would double the message.
  const copies = createPublisher({ window: PUBLISH_WINDOW, confirmTimeoutMs: GIVE_BACK_LIMIT_MS });
  // The rows of the events are locked until the confirms.
  const events = createPublisher({ window: PUBLISH_WINDOW, confirmTimeoutMs: 5_000 });
  const deliverEvents = createEventSender({ publisher: events, log });
  const relay = createRelay({ outbox, publisher, log, capacity: 1_000, sweepAgeMs: 5_000, orderQueue });

  const consumed: readonly (readonly [queue: string, handler: Handler])[] = [
    [orderQueue, handlers.create],
    ...(config.CONSUME_CANCEL_QUEUE ? [[ORDER_CANCEL_QUEUE, handlers.cancel] as const] : []),
  ];
  const consumers = consumed.map(([queue, handler]) =>
    createConsumer({
      queue,
      handler,
      prefetch: config.BRIDGE_PREFETCH,
      publish: copies.publish,
      checkPublish: publisher.check,
      log,
      retryDelayMs: 500,
      holdMs: HOLD_LIMIT_MS,
      giveBackMs: GIVE_BACK_LIMIT_MS,
      onOutcome,
    }),
  );
  const api = apiUrl === undefined ? undefined : { apiUrl, amqpUrl };
  const consumes = consumed.map(([queue]) => queue);
  const checkConsumers = createConsumerCheck({
    queues: consumes,
    api,
    log,
  });

  const depth = createQueueDepth(orderQueue);
  const topology = orderTopology(config.ORDER_QUEUE_TYPE, { orderQueue, cancelQueue: config.CONSUME_CANCEL_QUEUE });
  const connection = { url: amqpUrl, topology, api, log };
  // In an alarm the broker stops reading from a connection that publishes. Acks on the same connection would wait too.
  const outgoing = createBrokerConnection({
    ...connection,
    name: `${BRIDGE_NAME}, outgoing`,
    setup: async (model) => {
      await publisher.attach(model);
      await copies.attach(model);
    },
  });
  const incoming = createBrokerConnection({
    ...connection,
    name: `${BRIDGE_NAME}, incoming`,
    setup: async (model) => {
      depth.attach(model);
      await checkConsumers(model);
      for (const consumer of consumers) await consumer.attach(model);
    },
  });
  // An account that may not write to the exchange of the events has its channel closed at each try. The messages of the
  // orders do not suffer from this.
  const telling = createBrokerConnection({ ...connection, name: `${BRIDGE_NAME}, events`, setup: events.attach });
  return { relay, deliverEvents, consumers, consumes, queue: depth, brokers: [incoming, outgoing, telling] };
}
