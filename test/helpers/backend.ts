import { randomUUID } from 'node:crypto';
import type { Placed } from '../../src/cli/story/customer.js';
import { checkoutToken } from './system.js';

export type CheckoutAnswer = Placed & {
  readonly type?: string;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
};

/** A checkout of the shop's own backend. */
export async function buyAsBackend(shopUrl: string, body: object, key: string = randomUUID()) {
  const response = await fetch(`${shopUrl}/checkout`, {
    method: 'POST',
    headers: { 'idempotency-key': key, authorization: `Bearer ${checkoutToken}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as CheckoutAnswer };
}
