/**
 * A checkout is stored with its key as its client wrote the key, bare or in quotes. An earlier version of the API
 * takes the quotes for a part of the key. While both versions run, the unique key in the database lets only one of them
 * reserve. A client may change from one form to the other, so a search under the locks on the stock looks for both.
 */
export interface IdempotencyKey {
  /** The key without its quotes: two requests with this text have the same key. */
  readonly idempotencyKey: string;
  readonly isQuoted?: boolean;
}

/** The length of the database's column. */
const LONGEST = 255;

const quoted = (key: string): string => `"${key.replace(/["\\]/g, '\\$&')}"`;

/** The forms in which this key may be stored. A key that begins with a quote was never sent bare. */
export function storedKeys({ idempotencyKey: key }: IdempotencyKey): string[] {
  const inQuotes = quoted(key);
  if (inQuotes.length > LONGEST) return [key];
  return key.startsWith('"') ? [inQuotes] : [key, inQuotes];
}

/** The form in which this version stores the key. A quoted form that is too long for the column is stored bare. */
export function storedKey({ idempotencyKey: key, isQuoted = false }: IdempotencyKey): string {
  const inQuotes = quoted(key);
  return isQuoted && inQuotes.length <= LONGEST ? inQuotes : key;
}
