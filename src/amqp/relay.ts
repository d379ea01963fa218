import type { Checkout } from '../domain/checkout.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { encodeCreateMessage } from './messages.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { Publisher } from './publisher.js';
import { createKeyOf, ORDER_CREATE_KEY, ORDER_CREATE_QUEUE, ORDER_EXCHANGE } from './topology.js';

/** What the relay needs of the outbox. */
export interface RelayOutbox {
  readonly unpublished: (options: { readonly minAgeMs: number; readonly limit: number }) => Promise<Checkout[]>;
  readonly markPublished: (orderId: string) => Promise<void>;
}

export interface Relay {
  /** Publishes a checkout that was just committed. Never fails: what can't be sent now stays in the outbox. */
  readonly offer: (checkout: Checkout) => void;
  /** Publishes what a crash or an outage left in the outbox. Returns how many the broker confirmed. */
  readonly sweep: () => Promise<number>;
  readonly pending: () => number;
  readonly idle: () => Promise<void>;
}

/**
 * Carries checkouts from the outbox to the queue, each at least once. A row is marked only after its confirm, and
 * an unknown outcome leaves it unmarked, to be published again under the same message id.
 *
 * @param options.capacity checkouts held in memory at the most; more are left to the sweep
 * @param options.sweepAgeMs how long a row may be unmarked before the sweep takes it for forgotten
 * @param options.orderQueue where they go; `order_create_queue` unless said otherwise
 */
export function createRelay(deps: {
  readonly outbox: RelayOutbox;
  readonly publisher: Publisher;
  readonly log: Log;
  readonly capacity: number;
  readonly sweepAgeMs: number;
  readonly orderQueue?: string;
}): Relay {
  const { outbox, publisher, log, orderQueue = ORDER_CREATE_QUEUE } = deps;
  const pending = new Map<string, Promise<boolean>>();

  function relay(checkout: Checkout): Promise<boolean> {
    const underWay = pending.get(checkout.orderId);
    if (underWay !== undefined) return underWay;
    const sending = send(checkout).finally(() => pending.delete(checkout.orderId));
    pending.set(checkout.orderId, sending);
    return sending;
  }

  async function send(checkout: Checkout): Promise<boolean> {
    try {
      await publisher.publish(toMessage(checkout, createKeyOf(orderQueue)));
      await outbox.markPublished(checkout.orderId);
      return true;
    } catch (error) {
      // An outage is told once by whoever holds the connection; anything else is a fault that waiting won't mend.
      const level = isUnavailable(error) ? 'debug' : 'error';
      log[level]({ orderId: checkout.orderId, reason: messageOf(error) }, 'not published, left in the outbox');
      return false;
    }
  }

  return {
    offer(checkout) {
      if (pending.size < deps.capacity) void relay(checkout);
    },
    async sweep() {
      const forgotten = await outbox.unpublished({ minAgeMs: deps.sweepAgeMs, limit: deps.capacity });
      const sent = await Promise.all(forgotten.map(relay));
      const count = sent.filter(Boolean).length;
      if (count > 0) log.info({ count }, 'published from the outbox');
      return count;
    },
    pending: () => pending.size,
    async idle() {
      await Promise.all(pending.values());
    },
  };
}

/** The order's id is the message's id: published twice, it is one message to whoever counts. */
function toMessage(checkout: Checkout, routingKey: string): OutgoingMessage {
  return {
    exchange: ORDER_EXCHANGE,
    routingKey,
    content: encodeCreateMessage(checkout),
    properties: {
      messageId: checkout.orderId,
      type: ORDER_CREATE_KEY,
      timestamp: Math.floor(checkout.createdAt.getTime() / 1000),
      contentType: 'application/json',
      headers: { traceparent: checkout.traceparent },
    },
  };
}
