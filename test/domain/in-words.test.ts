import test from 'ava';
import { itemsInWords, priceInWords } from '../../src/domain/in-words.js';

for (const [amount, currency, words] of [
  [2500, 'EUR', '25.00 EUR'],
  [1, 'EUR', '0.01 EUR'],
  [0, 'EUR', '0.00 EUR'],
  [2500, 'JPY', '2500 JPY'],
  [2500, 'KWD', '2.500 KWD'],
  [-1250, 'EUR', '-12.50 EUR'],
  [2500, 'QQQ', '2500 minor units of QQQ'],
] as const) {
  test(`${amount} minor units of ${currency} are ${words}`, (t) => {
    t.is(priceInWords(amount, currency), words);
  });
}

const line = (sku: string, quantity = 1) => ({ sku, quantity });

test('a basket is described by its lines', (t) => {
  t.is(itemsInWords([line('mug-red', 2)]), '2 × mug-red');
  t.is(itemsInWords([line('mug-red', 2), line('lamp')]), '2 × mug-red, 1 × lamp');
});

test('a long basket names its first lines and counts the other lines', (t) => {
  const long = Array.from({ length: 200 }, (_, index) => line(`sku-${index}`));
  const words = itemsInWords(long);
  t.regex(words, /^1 × sku-0, 1 × sku-1, .* and \d+ more$/);
  t.true(Buffer.byteLength(words) < 200);
  const named = words.split(' × ').length - 1;
  t.regex(words, new RegExp(`and ${200 - named} more$`));
});

test('a SKU of the longest length is named alone', (t) => {
  const long = '鞋'.repeat(64);
  t.is(itemsInWords([line(long), line('mug')]), `1 × ${long}, 1 × mug`);
  t.is(itemsInWords([line('x'.repeat(100)), line('mug', 20_000)]), `1 × ${'x'.repeat(63)}… and 1 more`);
});

test('a SKU of signs that take two places in JavaScript is cut between two signs', (t) => {
  t.is(itemsInWords([line('👟'.repeat(64))]), `1 × ${'👟'.repeat(64)}`);
  t.is(itemsInWords([line('👟'.repeat(65))]), `1 × ${'👟'.repeat(63)}…`);
});
