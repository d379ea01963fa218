import type { Checkout, CheckoutRequest } from '../../domain/checkout.js';
import type { Customer } from '../../domain/customer.js';
import { storedKey, storedKeys } from '../../domain/idempotency-key.js';
import type { Where } from '../archive/also-archived.js';
import { inArchive } from '../archive/tables.js';
import { type ColumnPart, columnOf, fromColumns, partedByColumn } from '../customer-columns.js';
import type { Transaction } from '../driver/transaction.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from './checkout-row.js';

/** The stored checkouts of a batch, by `keyOf`. */
export type KnownKeys = ReadonlyMap<string, { readonly checkout: Checkout; readonly fingerprint: Buffer }>;

/**
 * The checkouts whose keys were used before, also of archived orders: these are looked for last, so that an order that is
 * archived meanwhile is found. A statement for each of the two columns in which customers are: the server uses an index for
 * each.
 */
export async function findByKey(transaction: Transaction, requests: readonly CheckoutRequest[]): Promise<KnownKeys> {
  const parts = partedByColumn(requests);
  const found = await Promise.all([
    ...parts.map((part) => select(transaction, part, (sql) => sql)),
    ...parts.map((part) => select(transaction, part, inArchive)),
  ]);
  const stored = new Map(found.flat().map((row) => [spacedKey(fromColumns(row), row.idempotency_key), row]));
  const known = new Map<string, { checkout: Checkout; fingerprint: Buffer }>();
  for (const request of requests) {
    // Two rows can have the key, one with quotes and one without. The row in this client's own form comes first.
    const forms = [storedKey(request), ...storedKeys(request)];
    const row = forms.map((key) => stored.get(spacedKey(request.userId, key))).find((found) => found !== undefined);
    if (row !== undefined) known.set(keyOf(request), { checkout: toCheckout(row), fingerprint: row.fingerprint });
  }
  return known;
}

async function select(
  transaction: Transaction,
  { column, requests }: ColumnPart<CheckoutRequest>,
  where: Where,
): Promise<CheckoutRow[]> {
  const { type, uniqueKey } = columns[column];
  const asked = requests.flatMap((request) => {
    const { value: customer } = columnOf(request.userId);
    return storedKeys(request).map((key) => ({ customer, key }));
  });
  const [rows] = await transaction.query<CheckoutRow[]>(
    where(`SELECT ${checkoutColumns}, idempotency_key, fingerprint
     FROM JSON_TABLE(?, '$[*]' COLUMNS (
       asked_customer ${type} PATH '$.customer',
       asked_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin PATH '$.key')) AS asked
     STRAIGHT_JOIN checkouts FORCE INDEX (${uniqueKey}) ON ${column} = asked_customer AND idempotency_key = asked_key`),
    [JSON.stringify(asked)],
  );
  return rows;
}

/** A join reads one key after the other. For a list of conditions the server makes a plan of each of them. */
const columns = {
  user_id: { type: 'BIGINT', uniqueKey: 'one_reservation_per_key' },
  customer: {
    type: 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    uniqueKey: 'one_reservation_per_customer_key',
  },
} as const;

/** Identifies a request by its customer and its key without quotes. */
export const keyOf = ({ userId, idempotencyKey }: Pick<CheckoutRequest, 'userId' | 'idempotencyKey'>): string =>
  spacedKey(userId, idempotencyKey);

/** A key in the space of its customer. No id has a line break, and no guest has the id of a customer. */
const spacedKey = (customer: Customer, key: string): string => `${customer ?? ''}\n${key}`;
