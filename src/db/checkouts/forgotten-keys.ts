import { hash } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import type { CheckoutRequest } from '../../domain/checkout.js';
import { forgottenKey } from '../../domain/forgotten.js';
import { storedKeys } from '../../domain/idempotency-key.js';
import { inArchive } from '../archive/tables.js';
import { GUEST } from '../customer-columns.js';
import type { Transaction } from '../driver/transaction.js';

/** The form in which `orders forget` has left the key of a request: a digest of the customer and the key. */
export const forgottenForm = (customer: CheckoutRequest['userId'], key: string): string =>
  forgottenKey(hash('sha256', `${customer ?? ''}\n${key}`));

/**
 * The requests whose keys placed an order that was forgotten since, also an archived one. The customer is overwritten too,
 * so that these orders are among those of guests, under their unique key.
 *
 * @param keyOf identifies a request in the result
 */
export async function findForgottenKeys(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
  keyOf: (request: CheckoutRequest) => string,
): Promise<ReadonlySet<string>> {
  const forms = new Map(
    requests.flatMap((request) =>
      storedKeys(request).map((key) => [forgottenForm(request.userId, key), keyOf(request)] as const),
    ),
  );
  const sql = `SELECT idempotency_key AS form FROM checkouts FORCE INDEX (one_reservation_per_customer_key)
    WHERE customer = ? AND idempotency_key IN (?)`;
  const found = await Promise.all(
    [sql, inArchive(sql)].map((text) =>
      transaction.query<(RowDataPacket & { form: string })[]>(text, [GUEST, [...forms.keys()]]),
    ),
  );
  return new Set(found.flatMap(([rows]) => rows.map(({ form }) => forms.get(form) ?? '')));
}
