import test from 'ava';
import { plain, summaryOf } from '../../src/temporal/words.js';

for (const [text, shown] of [
  ['T-SHIRT/RED L', 'T-SHIRT/RED L'],
  ['mug_red_2', 'mug_red_2'],
  ['größe_M', 'größe_M'],
  ['鞋-42', '鞋-42'],
  ['_a_', String.raw`\_a\_`],
  ['a*b*', String.raw`a\*b\*`],
  ['`code` <b>x</b>', String.raw`\`code\` \<b\>x\</b\>`],
  ['[l](http://e.x)', String.raw`\[l](http\://e.x)`],
  ['a&amp;b & c', String.raw`a\&amp;b & c`],
  ['a\\b', String.raw`a\\b`],
  ['two\n\nlines', 'two lines'],
] as const) {
  test(`Markdown shows ${JSON.stringify(text)} as it is`, (t) => {
    t.is(plain(text, 64), shown);
  });
}

test('a text is cut before its signs get their backslashes', (t) => {
  t.is(plain('*'.repeat(10), 4), String.raw`\*\*\*…`);
});

test('a summary has at most 400 bytes as JSON, and is cut between two signs', (t) => {
  t.is(summaryOf('x'.repeat(398)), 'x'.repeat(398));
  for (const sign of ['x', '"', 'ö', '鞋', '👟']) {
    const summary = summaryOf(sign.repeat(500));
    const bytes = Buffer.byteLength(JSON.stringify(summary));
    t.true(bytes <= 400 && bytes > 400 - 8, `${sign}: ${bytes}`);
    t.is([...summary].filter((each) => each !== sign).join(''), '…');
  }
});
