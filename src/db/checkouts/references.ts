import type { RowDataPacket } from 'mysql2/promise';
import type { CheckoutRequest, ReferenceUsed } from '../../domain/checkout.js';
import { inArchive } from '../archive/tables.js';
import { type CustomerColumns, fromColumns } from '../customer-columns.js';
import type { Transaction } from '../driver/transaction.js';

interface Holder {
  readonly orderId: string;
  readonly userId: CheckoutRequest['userId'];
}

interface HolderRow extends RowDataPacket, CustomerColumns {
  readonly reference: string;
  readonly orderId: string;
}

/** The orders that have the references of a batch, by reference. */
type UsedReferences = ReadonlyMap<string, Holder>;

/**
 * Also of archived orders, which are looked for last, so that an order that is archived meanwhile is found. Without a
 * reference in the batch the function reads nothing.
 */
export async function findReferences(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
): Promise<UsedReferences> {
  const references = [...new Set(requests.flatMap(({ reference }) => reference ?? []))];
  if (references.length === 0) return new Map();
  const sql = `SELECT reference, order_id AS orderId, user_id, customer
     FROM checkouts FORCE INDEX (one_order_per_reference) WHERE reference IN (?)`;
  const found = await Promise.all(
    [sql, inArchive(sql)].map(async (text) => (await transaction.query<HolderRow[]>(text, [references]))[0]),
  );
  return new Map(found.flat().map((row) => [row.reference, { orderId: row.orderId, userId: fromColumns(row) }]));
}

export interface References {
  /** The refusal of a request whose reference another order has; `undefined` when the reference is free. */
  readonly usedBy: (request: CheckoutRequest) => ReferenceUsed | undefined;
  /** Called for each request that is admitted: the next request of the batch finds its reference used. */
  readonly take: (request: CheckoutRequest) => void;
}

/**
 * A unique key refuses one reference to two orders: when another process commits the reference after the batch has read,
 * the INSERT of the batch fails with a duplicate key, and the next attempt finds the reference used.
 */
export function createReferences(used: UsedReferences): References {
  const holders = new Map(used);
  return {
    usedBy({ orderId, userId, reference }) {
      const holder = reference === undefined ? undefined : holders.get(reference);
      if (holder === undefined || holder.orderId === orderId) return undefined;
      return {
        kind: 'reference-used',
        orderId: holder.orderId,
        ofSameUser: userId !== null && holder.userId === userId,
      };
    },
    take({ orderId, userId, reference }) {
      if (reference !== undefined) holders.set(reference, { orderId, userId });
    },
  };
}
