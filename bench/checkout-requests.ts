import { randomUUID } from 'node:crypto';
import type { RequestAt } from './harness/http-load.js';

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
      body: JSON.stringify({ userId: index + 1, items }),
    };
  };
}
