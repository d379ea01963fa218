/**
 * The `Idempotency-Key` header. Clients write it in two forms: bare, or as a string of Structured Fields (RFC 9651), as
 * the draft of the header requires. Both forms name the same key.
 */

/** The length of the database's column. */
const LONGEST = 255;

const bare = /^[\x21\x23-\x7e][\x21-\x7e]*$/;
/** No space at the beginning or the end: the database takes a key with a space at its end for the key without. */
const key = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** Printable characters, with a backslash before a quote or a backslash. Parameters may follow and are ignored. */
const quoted = /^"(?<text>(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?: *;[\x20-\x7e]*)?$/;

export const EXPECTED_KEY = `1 to ${LONGEST} visible ASCII characters, bare or as a quoted string, once`;

/** Whether a valid header has its key in quotes: no bare key begins with a quote. */
export const isQuoted = (header: string | undefined): boolean => header?.startsWith('"') === true;

/** @returns the key without its quotes; `undefined` for a header that is missing, repeated or not a key */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = bare.test(header) ? header : quoted.exec(header)?.groups?.['text']?.replace(/\\(["\\])/g, '$1');
  return text !== undefined && text.length <= LONGEST && key.test(text) ? text : undefined;
}
