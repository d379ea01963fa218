import { reserve } from '../../src/db/checkouts/reservations.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import type { Checkout } from '../../src/domain/checkout.js';
import { paymentEvent } from '../../test/db/payment-events.js';
import { WINDOW_MS } from '../../test/helpers/database.js';
import { requestsFor } from '../place-orders.js';

/** So many orders are paid in a second, and as many expire. */
const PER_SECOND = 200;
const EVERY_MS = 20;
const SECONDS = 8;

async function place(pool: Pool, sku: string, windowMs: number): Promise<Checkout[]> {
  const placed: Checkout[] = [];
  const requests = requestsFor([sku], PER_SECOND * SECONDS);
  for (let from = 0; from < requests.length; from += PER_SECOND) {
    for (const result of await reserve(pool, requests.slice(from, from + PER_SECOND), windowMs)) {
      if (result.kind !== 'reserved') throw new Error(`not reserved: ${result.kind}`);
      placed.push(result.checkout);
    }
  }
  return placed;
}

/** Places orders of the SKU. From `start` on, orders are paid and expire, at an even rate and on a pool of their own. */
export async function prepareEnds(pool: Pool, sku: string) {
  const [toPay, toExpire] = [await place(pool, sku, WINDOW_MS), await place(pool, sku, -1_000)];
  const { receive, settle } = createSettlements(pool);

  function start(): { readonly stop: () => Promise<void> } {
    const ends: Promise<unknown>[] = [];
    const timer = setInterval(() => {
      const count = (PER_SECOND * EVERY_MS) / 1_000;
      for (const { orderId, amount, currency } of toPay.splice(0, count)) {
        ends.push(receive(paymentEvent({ orderId, amount, currency })));
      }
      for (const { orderId } of toExpire.splice(0, count)) ends.push(settle(orderId, { kind: 'expired' }));
    }, EVERY_MS);
    return {
      async stop() {
        clearInterval(timer);
        await Promise.all(ends);
        // The audit finds an overdue order that nobody has ended.
        await Promise.all(toExpire.map(({ orderId }) => settle(orderId, { kind: 'expired' })));
      },
    };
  }
  return { start };
}
