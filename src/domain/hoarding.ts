/** How much stock one user may hold without paying; 0 means no limit. */
export interface HoardingLimits {
  /** Orders of a user that are neither paid nor canceled. */
  readonly openOrders: number;
  /** Units in one order, the sum of all lines. */
  readonly quantity: number;
}

export const NO_LIMITS: HoardingLimits = { openOrders: 0, quantity: 0 };

export type HoardingRefusal =
  | { readonly kind: 'too-many-open-orders'; readonly limit: number }
  | { readonly kind: 'too-many-units'; readonly limit: number; readonly requested: number };

/**
 * A place is a number from 1 to `limit`. Each open order of a user has one of the user's places.
 *
 * @param taken the places of the user's open orders; places above `limit`, from an earlier higher limit, count too
 * @returns the first free place behind `after`, or `undefined` when the user has as many open orders as the limit allows
 */
export function freePlace(taken: ReadonlySet<number>, limit: number, after: number): number | undefined {
  if (taken.size >= limit) return undefined;
  let place = after % limit;
  do place = (place % limit) + 1;
  while (taken.has(place));
  return place;
}
