/**
 * The `Idempotency-Key` header, in the two ways that clients write it: bare, or as a string of Structured Fields
 * (RFC 9651), which the draft of the header asks for. Both name the same key.
 */

const LONGEST = 255;

const bare = /^[\x21\x23-\x7e][\x21-\x7e]*$/;
/** Spaces stand inside only: the database's column takes a key with a space at its end for the key without. */
const key = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** Any printable character, a quote and a backslash behind a backslash; then parameters, which mean nothing here. */
const quoted = /^"(?<text>(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?: *;[\x20-\x7e]*)?$/;

export const EXPECTED_KEY = `1 to ${LONGEST} visible ASCII characters, bare or as a quoted string, once`;

/** Whether a header that is a key has it in quotes: no bare key begins with one. */
export const isQuoted = (header: string | undefined): boolean => header?.startsWith('"') === true;

/** @returns the key without its quotes; `undefined` for a header that is missing, came twice or is no key */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = bare.test(header) ? header : quoted.exec(header)?.groups?.['text']?.replace(/\\(["\\])/g, '$1');
  return text !== undefined && text.length <= LONGEST && key.test(text) ? text : undefined;
}
