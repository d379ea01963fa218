import fc from 'fast-check';
import type { BadBody } from './bad-json.js';

/** Ids that are texts, and that nobody can have. Written apart from the code that reads them. */

const LONGEST = 64;

/** One code point that no id has, in any place of a text. */
const invisible = fc.constantFrom(
  ...['\u0000', '\u0007', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085', '\u00ad', '\u200b', '\u200e', '\u2028'],
  ...['\u2029', '\u202e', '\ufeff', '\ue000', '\uffff', '\u{10ffff}', '\ud800', '\udc00'],
);
const blank = fc.constantFrom(' ', '\u00a0', '\u2003', '\u3000');
const visible = fc.string({
  unit: fc.constantFrom('a', '7', '@', '.', "'", '"', '\\', 'é', '鞋', '\u{1f9e6}'),
  maxLength: 20,
});

export const isText = (value: unknown): boolean => {
  if (typeof value !== 'string') return false;
  const text = value.normalize('NFC');
  return text !== '' && text.trim() === text && [...text].length <= LONGEST && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
};

const badText = fc.oneof(
  fc.constant(''),
  blank,
  fc.tuple(visible, invisible, visible).map((parts) => parts.join('')),
  fc.tuple(blank, visible).map((parts) => parts.join('')),
  fc.tuple(visible, blank).map((parts) => parts.join('')),
  fc.integer({ min: LONGEST + 1, max: 1_000 }).map((length) => '鞋'.repeat(length)),
  fc.constant('\u{1f9e6}'.repeat(LONGEST + 1)),
);

/** A valid checkout of a customer whom nobody can be. */
export const badCustomer = (valid: object): fc.Arbitrary<BadBody> =>
  fc
    .oneof(
      { weight: 4, arbitrary: badText },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 53, 1e300, true, null, {}, ['ann'], [7]) },
    )
    .map((userId) => ({ body: Buffer.from(JSON.stringify({ ...valid, userId })), field: 'userId' }));
