import type { Checkout, CheckoutRequest } from '../../domain/checkout.js';
import { storedKey, storedKeys } from '../../domain/idempotency-key.js';
import type { Transaction } from '../driver/transaction.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from './checkout-row.js';

/** The stored checkouts of a batch, by `keyOf`. */
export type KnownKeys = ReadonlyMap<string, { readonly checkout: Checkout; readonly fingerprint: Buffer }>;

/** The checkouts whose keys were used before. */
export async function findByKey(transaction: Transaction, requests: readonly CheckoutRequest[]): Promise<KnownKeys> {
  const [rows] = await transaction.query<CheckoutRow[]>(
    `SELECT ${checkoutColumns}, idempotency_key, fingerprint FROM checkouts
     WHERE ${requests.map(() => '(user_id = ? AND idempotency_key IN (?))').join(' OR ')}`,
    requests.flatMap((request) => [request.userId, storedKeys(request)]),
  );
  const stored = new Map(rows.map((row) => [`${row.user_id} ${row.idempotency_key}`, row]));
  const known = new Map<string, { checkout: Checkout; fingerprint: Buffer }>();
  for (const request of requests) {
    // Two rows can have the key, one with quotes and one without. The row in this client's own form comes first.
    const forms = [storedKey(request), ...storedKeys(request)];
    const row = forms.map((key) => stored.get(`${request.userId} ${key}`)).find((found) => found !== undefined);
    if (row !== undefined) known.set(keyOf(request), { checkout: toCheckout(row), fingerprint: row.fingerprint });
  }
  return known;
}

/** Identifies a request by its user and its key without quotes. */
export const keyOf = ({
  userId,
  idempotencyKey,
}: {
  readonly userId: number;
  readonly idempotencyKey: string;
}): string => `${userId} ${idempotencyKey}`;
