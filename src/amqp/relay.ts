import type { Checkout } from '../domain/checkout.js';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { encodeCreateMessage } from './messages.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { Publisher } from './publisher.js';
import { createKeyOf, ORDER_CREATE_KEY, ORDER_CREATE_QUEUE, ORDER_EXCHANGE } from './topology.js';

/** The part of the outbox that the relay uses. */
export interface RelayOutbox {
  readonly unpublished: (options: { readonly minAgeMs: number; readonly limit: number }) => Promise<Checkout[]>;
  readonly markPublished: (orderId: string) => Promise<void>;
}

export interface Relay {
  /** Publishes a committed checkout, and never fails: a checkout that cannot be sent now stays in the outbox. */
  readonly offer: (checkout: Checkout) => void;
  /**
   * Publishes the checkouts that a crash or an outage left in the outbox, page after page, until the outbox is empty or
   * the broker confirms none of a page.
   *
   * @param signal no further page is begun after its abort
   * @returns how many the broker confirmed
   */
  readonly sweep: (signal?: AbortSignal) => Promise<number>;
  readonly pending: () => number;
  readonly idle: () => Promise<void>;
}

/**
 * Publishes the checkouts of the outbox to the queue, each at least once. A row is marked only after its confirm. After
 * an unknown outcome the row stays unmarked, and is published again with the same message id.
 *
 * @param deps.capacity how many checkouts are under way at most, and the page of the sweep, which publishes the others
 * @param deps.sweepAgeMs the sweep publishes a row that is unmarked for so long
 * @param deps.orderQueue the queue of new orders; `order_create_queue` without it
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
      await publisher.publish(createMessageOf(checkout, createKeyOf(orderQueue)));
      await outbox.markPublished(checkout.orderId);
      return true;
    } catch (error) {
      // The connection logs an outage once. Any other error needs a person.
      const level = isUnavailable(error) ? 'debug' : 'error';
      log[level]({ orderId: checkout.orderId, reason: messageOf(error) }, 'not published, left in the outbox');
      return false;
    }
  }

  return {
    offer(checkout) {
      if (pending.size < deps.capacity) void relay(checkout);
    },
    async sweep(signal) {
      let count = 0;
      for (;;) {
        const forgotten = await outbox.unpublished({ minAgeMs: deps.sweepAgeMs, limit: deps.capacity });
        const sent = await Promise.all(forgotten.map(relay));
        const confirmed = sent.filter(Boolean).length;
        count += confirmed;
        if (forgotten.length < deps.capacity || confirmed === 0 || signal?.aborted) break;
      }
      if (count > 0) log.info({ count }, 'published from the outbox');
      return count;
    },
    pending: () => pending.size,
    async idle() {
      await Promise.all(pending.values());
    },
  };
}

/** The order's id is the message's id, so that a receiver recognises the second copy of a message. */
export function createMessageOf(checkout: Checkout, routingKey: string): OutgoingMessage {
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
