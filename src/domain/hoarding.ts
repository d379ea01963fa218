/** How much stock one user may hold without paying; 0 is no limit. */
export interface HoardingLimits {
  /** Orders of a user that are neither paid nor canceled. */
  readonly openOrders: number;
  /** Units in one order, all lines together. */
  readonly quantity: number;
}

export const NO_LIMITS: HoardingLimits = { openOrders: 0, quantity: 0 };

export type HoardingRefusal =
  | { readonly kind: 'too-many-open-orders'; readonly limit: number }
  | { readonly kind: 'too-many-units'; readonly limit: number; readonly requested: number };

/**
 * One of a user's places from 1 to `limit`, of which each open order holds one: the first free one after `after`.
 *
 * @param taken may hold places above `limit`, from when it was higher; they count as well
 * @returns `undefined` when as many are taken as the limit allows
 */
export function freePlace(taken: ReadonlySet<number>, limit: number, after: number): number | undefined {
  if (taken.size >= limit) return undefined;
  let place = after % limit;
  do place = (place % limit) + 1;
  while (taken.has(place));
  return place;
}
