import type { RowDataPacket } from 'mysql2/promise';
import type { CheckoutRequest } from '../../domain/checkout.js';
import type { Customer } from '../../domain/customer.js';
import { freePlace, type HoardingLimits, type HoardingRefusal } from '../../domain/hoarding.js';
import { type CustomerColumns, columnOf, fromColumns, partedByColumn } from '../customer-columns.js';
import type { Transaction } from '../driver/transaction.js';

/**
 * The places of the customers of one batch (column `open_place`). `taken` has the place that `admit` chose for each order,
 * by the order's id.
 */
export interface OpenPlaces {
  /** @param options.staysOpen false for an order that is paid at its checkout, which needs no place */
  readonly admit: (request: CheckoutRequest, options?: { readonly staysOpen: boolean }) => HoardingRefusal | undefined;
  readonly taken: ReadonlyMap<string, number>;
}

/** The places that are taken, by customer; `undefined` without a limit on open orders. */
type PlacesOfCustomers = Map<Customer, Set<number>> | undefined;

/**
 * Each open order of a customer holds one of the customer's places. Guests have no places: the database does not know
 * which guests are the same person. A unique key refuses the same place to two orders: when two processes take the last
 * place at the same time, the second insert fails with a duplicate key. No row is locked.
 */
export function openPlaces(ofCustomers: PlacesOfCustomers, limits: HoardingLimits): OpenPlaces {
  const taken = new Map<string, number>();

  function admit(
    { orderId, userId, lines }: CheckoutRequest,
    { staysOpen } = { staysOpen: true },
  ): HoardingRefusal | undefined {
    const requested = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    if (limits.quantity > 0 && requested > limits.quantity) {
      return { kind: 'too-many-units', limit: limits.quantity, requested };
    }
    if (ofCustomers === undefined || userId === null || !staysOpen) return undefined;
    const ofCustomer = ofCustomers.get(userId) ?? new Set();
    const place = freePlace(ofCustomer, limits.openOrders, startOf(orderId));
    if (place === undefined) return { kind: 'too-many-open-orders', limit: limits.openOrders };
    ofCustomers.set(userId, ofCustomer.add(place));
    taken.set(orderId, place);
    return undefined;
  }
  return { admit, taken };
}

/** Without a limit on open orders the function reads nothing. */
export async function readPlaces(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
  limits: HoardingLimits,
): Promise<PlacesOfCustomers> {
  if (limits.openOrders === 0) return undefined;
  const parts = partedByColumn(requests.filter(({ userId }) => userId !== null));
  const found = await Promise.all(
    parts.map(({ column, requests: ofColumn }) =>
      transaction.query<(RowDataPacket & CustomerColumns & { open_place: number })[]>(
        `SELECT user_id, customer, open_place FROM checkouts WHERE ${column} IN (?) AND open_place IS NOT NULL`,
        [[...new Set(ofColumn.map(({ userId }) => columnOf(userId).value))]],
      ),
    ),
  );
  const ofCustomers = new Map<Customer, Set<number>>();
  for (const row of found.flatMap(([rows]) => rows)) {
    const customer = fromColumns(row);
    ofCustomers.set(customer, (ofCustomers.get(customer) ?? new Set()).add(row.open_place));
  }
  return ofCustomers;
}

/** A random place to start from, so that simultaneous checkouts of one customer seldom choose the same place. */
const startOf = (orderId: string): number => Number.parseInt(orderId.slice(-6), 16) || 0;
