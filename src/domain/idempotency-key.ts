/**
 * A checkout is stored with its key as its client wrote it, bare or in quotes: a program of an earlier version takes
 * the quotes for a part of the key, and of two versions beside each other the unique key lets one reserve. A client
 * that changes the way in between is found by a look for both, under the locks on its stock.
 */
export interface IdempotencyKey {
  /** Without its quotes: two requests with this text have the same key. */
  readonly idempotencyKey: string;
  readonly isQuoted?: boolean;
}

/** The length of the column. */
const LONGEST = 255;

const quoted = (key: string): string => `"${key.replace(/["\\]/g, '\\$&')}"`;

/** The ways in which this key may be stored. What begins with a quote was never sent bare. */
export function storedKeys({ idempotencyKey: key }: IdempotencyKey): string[] {
  const inQuotes = quoted(key);
  if (inQuotes.length > LONGEST) return [key];
  return key.startsWith('"') ? [inQuotes] : [key, inQuotes];
}

/** The way in which it is stored now. */
export function storedKey({ idempotencyKey: key, isQuoted = false }: IdempotencyKey): string {
  const inQuotes = quoted(key);
  return isQuoted && inQuotes.length <= LONGEST ? inQuotes : key;
}
