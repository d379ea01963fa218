import test from 'ava';
import { toSku } from '../../src/domain/sku.js';

for (const sku of [
  'mug-red',
  'T-SHIRT/RED L',
  'größe-M',
  '鞋-42',
  '🧦',
  '"quoted", \\ and `ticks`',
  'x'.repeat(64),
  '鞋'.repeat(64),
]) {
  test(`${sku} is a SKU and stays as it is`, (t) => t.is(toSku(sku), sku));
}

test('a SKU is kept in its composed form', (t) => {
  t.is(toSku('gro\u0308sse'), 'grösse');
  t.is(toSku('\u212B'), '\u00C5');
  t.is(toSku('o\u0308'.repeat(64)), 'ö'.repeat(64));
});

for (const [what, text] of [
  ['an empty text', ''],
  ['a blank at the beginning', ' mug'],
  ['a blank at the end', 'mug '],
  ['a no-break space at the end', 'mug\u00A0'],
  ['a line break', 'mug\nred'],
  ['a tab', 'mug\tred'],
  ['a NUL', 'mug\0'],
  ['a zero-width space', 'mug\u200Bred'],
  ['a right-to-left override', 'mug\u202Ered'],
  ['a byte order mark', '\uFEFFmug'],
  ['a line separator', 'mug\u2028red'],
  ['half of a surrogate pair', 'mug\uD83E'],
  ['a private character', 'mug\uE000'],
  ['a folder in a path', '.'],
  ['the folder above', '..'],
  ['65 characters', 'x'.repeat(65)],
  ['65 characters of four bytes', '🧦'.repeat(65)],
  ['a text of a megabyte', 'o\u0308'.repeat(500_000)],
] as const) {
  test(`${what} is no SKU`, (t) => t.is(toSku(text), undefined));
}
