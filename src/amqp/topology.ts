/**
 * The queues and exchanges, as data. A legacy service may have declared them before. The names and arguments are
 * exactly the legacy ones, because RabbitMQ refuses a second declaration that differs.
 */

export const ORDER_EXCHANGE = 'order_exchange';
export const ORDER_CREATE_QUEUE = 'order_create_queue';
export const ORDER_CREATE_KEY = 'order.create';
export const ORDER_DLX = 'order_dlx';
export const ORDER_CREATE_DLQ = 'order_create_dlq';
export const ORDER_DELAY_QUEUE = 'order_delay_queue';
export const ORDER_DELAY_EXCHANGE = 'order_delay_exchange';
export const ORDER_CANCEL_QUEUE = 'order_cancel_queue';
export const ORDER_CANCEL_KEY = 'order.cancel';
/** What happened, for other systems; the routing key is the type of the event. No legacy service knows this exchange. */
export const ORDER_EVENTS_EXCHANGE = 'order_events';

/** `quorum`, or `classic` where a legacy service declared classic queues. */
export type OrderQueueType = 'quorum' | 'classic';

export interface TopologyExchange {
  readonly name: string;
  readonly type: 'direct' | 'topic';
}

export interface TopologyQueue {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number>>;
  /**
   * Whether an existing queue may have either type: a legacy service declared the queue with the default of its host.
   */
  readonly ofEitherType?: boolean;
}

export interface Topology {
  readonly exchanges: readonly TopologyExchange[];
  readonly queues: readonly TopologyQueue[];
  readonly bindings: readonly { readonly queue: string; readonly exchange: string; readonly key: string }[];
}

/** The part of the topology that this service uses while a legacy service uses the rest: see docs/migrating.md. */
export interface TopologyShare {
  /** The queue of new orders. A queue of another name while the legacy service consumes `order_create_queue`. */
  readonly orderQueue?: string;
  /** Whether this service declares and consumes the TTL and cancel queues. */
  readonly cancelQueue?: boolean;
}

/** The routing key of new orders. A queue of our own is bound by its own name, so that no legacy queue gets a copy. */
export const createKeyOf = (orderQueue: string): string =>
  orderQueue === ORDER_CREATE_QUEUE ? ORDER_CREATE_KEY : orderQueue;

/**
 * All exchanges but the one of the events are direct, and all exchanges and queues are durable. Each queue names its
 * type, because the default type of a virtual host may be quorum, or become quorum. For RabbitMQ a queue that was
 * declared without a type is classic.
 */
export function orderTopology(type: OrderQueueType, share: TopologyShare = {}): Topology {
  const { orderQueue = ORDER_CREATE_QUEUE, cancelQueue = true } = share;
  const typed = { 'x-queue-type': type };
  return {
    exchanges: [
      ...[ORDER_EXCHANGE, ORDER_DLX, ...(cancelQueue ? [ORDER_DELAY_EXCHANGE] : [])].map(direct),
      { name: ORDER_EVENTS_EXCHANGE, type: 'topic' },
    ],
    queues: [
      { name: orderQueue, arguments: { ...typed, 'x-dead-letter-exchange': ORDER_DLX } },
      { name: ORDER_CREATE_DLQ, arguments: typed },
      ...(cancelQueue ? cancelQueues : []),
    ],
    bindings: [
      { queue: orderQueue, exchange: ORDER_EXCHANGE, key: createKeyOf(orderQueue) },
      { queue: ORDER_CREATE_DLQ, exchange: ORDER_DLX, key: ORDER_CREATE_KEY },
      { queue: ORDER_CREATE_DLQ, exchange: ORDER_DLX, key: ORDER_CANCEL_KEY },
      // A copy that was put back has the queue's name as its key, also when the broker itself dead-letters the copy.
      { queue: ORDER_CREATE_DLQ, exchange: ORDER_DLX, key: orderQueue },
      ...(cancelQueue ? [{ queue: ORDER_CANCEL_QUEUE, exchange: ORDER_DELAY_EXCHANGE, key: ORDER_CANCEL_KEY }] : []),
    ],
  };
}

const direct = (name: string): TopologyExchange => ({ name, type: 'direct' });

const cancelQueues: Topology['queues'] = [
  {
    name: ORDER_DELAY_QUEUE,
    ofEitherType: true,
    arguments: {
      'x-queue-type': 'classic',
      'x-message-ttl': 1_800_000,
      'x-dead-letter-exchange': ORDER_DELAY_EXCHANGE,
      'x-dead-letter-routing-key': ORDER_CANCEL_KEY,
    },
  },
  { name: ORDER_CANCEL_QUEUE, ofEitherType: true, arguments: { 'x-queue-type': 'classic' } },
];
