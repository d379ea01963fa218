import type { RowDataPacket } from 'mysql2/promise';
import type { CheckoutRequest } from '../../domain/checkout.js';
import { freePlace, type HoardingLimits, type HoardingRefusal } from '../../domain/hoarding.js';
import type { Transaction } from '../driver/transaction.js';

/**
 * The places of the users of one batch (column `open_place`). `taken` has the place that `admit` chose for each order,
 * by the order's id.
 */
export interface OpenPlaces {
  /** @param options.staysOpen false for an order that is paid at its checkout, which needs no place */
  readonly admit: (request: CheckoutRequest, options?: { readonly staysOpen: boolean }) => HoardingRefusal | undefined;
  readonly taken: ReadonlyMap<string, number>;
}

/** The places that are taken, by user; `undefined` without a limit on open orders. */
type PlacesOfUsers = Map<number, Set<number>> | undefined;

/**
 * Each open order of a user holds one of the user's places. A unique key refuses the same place to two orders: when two
 * processes take the last place at the same time, the second insert fails with a duplicate key. No row is locked.
 */
export function openPlaces(ofUsers: PlacesOfUsers, limits: HoardingLimits): OpenPlaces {
  const taken = new Map<string, number>();

  function admit(
    { orderId, userId, lines }: CheckoutRequest,
    { staysOpen } = { staysOpen: true },
  ): HoardingRefusal | undefined {
    const requested = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    if (limits.quantity > 0 && requested > limits.quantity) {
      return { kind: 'too-many-units', limit: limits.quantity, requested };
    }
    if (ofUsers === undefined || !staysOpen) return undefined;
    const ofUser = ofUsers.get(userId) ?? new Set();
    const place = freePlace(ofUser, limits.openOrders, startOf(orderId));
    if (place === undefined) return { kind: 'too-many-open-orders', limit: limits.openOrders };
    ofUsers.set(userId, ofUser.add(place));
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
): Promise<PlacesOfUsers> {
  if (limits.openOrders === 0) return undefined;
  const [rows] = await transaction.query<(RowDataPacket & { user_id: number; open_place: number })[]>(
    'SELECT user_id, open_place FROM checkouts WHERE user_id IN (?) AND open_place IS NOT NULL',
    [[...new Set(requests.map(({ userId }) => userId))]],
  );
  const ofUsers = new Map<number, Set<number>>();
  for (const { user_id: userId, open_place: place } of rows) {
    ofUsers.set(userId, (ofUsers.get(userId) ?? new Set()).add(place));
  }
  return ofUsers;
}

/** A random place to start from, so that simultaneous checkouts of one user seldom choose the same place. */
const startOf = (orderId: string): number => Number.parseInt(orderId.slice(-6), 16) || 0;
