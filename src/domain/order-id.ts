const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * An order's id in the form of the database. By RFC 9562 a UUID in capitals is the same UUID; any other text stays as
 * it is.
 */
export const orderIdFrom = (text: string): string => (uuid.test(text) ? text.toLowerCase() : text);

export const isOrderId = (text: string): boolean => uuid.test(text);

/** The highest time of a UUID of version 7. */
const LAST_MS = 2 ** 48 - 1;

/** Sorts before the ids of all orders that were made at this time of the API's clock, or later. */
export function lowestOrderId(ms: number): string {
  const hex = Math.min(Math.max(0, Math.trunc(ms)), LAST_MS)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
