import type { Checkout } from '../domain/checkout.js';
import { knownOrders } from './checkouts/known-orders.js';
import { createOutbox } from './checkouts/outbox.js';
import { createGroupCommit } from './driver/group-commit.js';
import type { Pool } from './driver/pool.js';
import { recordOrders } from './orders/orders.js';

export { createCheckouts } from './checkouts/checkouts.js';

/** The stores that combine calls at the same time into one statement. */

export function createRelayOutbox(pool: Pool): {
  unpublished: (options: { minAgeMs: number; limit: number }) => Promise<Checkout[]>;
  markPublished: (orderId: string) => Promise<void>;
} {
  const outbox = createOutbox(pool);
  const mark = createGroupCommit(
    async (orderIds: readonly string[]) => {
      await outbox.markPublished(orderIds);
      return orderIds.map(() => undefined);
    },
    // More than a relay has in flight, so that the relay's own limit is reached first.
    { largest: 500, atOnce: 1, waiting: 10_000 },
  );
  return { unpublished: outbox.unpublished, markPublished: mark };
}

export function createOrderRecorder(pool: Pool) {
  return createGroupCommit((orderIds: readonly string[]) => recordOrders(pool, orderIds), {
    largest: 200,
    atOnce: 2,
    // More activities than a worker runs at a time.
    waiting: 1_000,
  });
}

export function createOrderLookup(pool: Pool): (orderId: string) => Promise<boolean> {
  return createGroupCommit((orderIds: readonly string[]) => knownOrders(pool, orderIds), {
    largest: 500,
    atOnce: 1,
    // More than a bridge's prefetch, so that no delivery is rejected here.
    waiting: 10_000,
  });
}
