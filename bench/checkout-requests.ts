import { randomUUID } from 'node:crypto';
import type { RequestAt } from './harness/http-load.js';

/** Many, so that no user has many open orders. */
const USERS = 2 ** 40;

export interface Baskets {
  readonly skus: readonly string[];
  /** Of one unit each, of different SKUs. Not more than there are SKUs. */
  readonly lines: number;
}

/** Checkouts of different users, each with a key of its own. The SKUs take turns. */
export function checkoutRequests({ skus, lines }: Baskets): RequestAt {
  return (index) => {
    const items = Array.from({ length: lines }, (_, line) => ({
      sku: skus[(index * lines + line) % skus.length],
      quantity: 1,
    }));
    return {
      method: 'POST',
      path: '/checkout',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ userId: 1 + Math.floor(Math.random() * USERS), items }),
    };
  };
}
