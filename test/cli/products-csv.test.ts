import { Readable } from 'node:stream';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { inWords } from '../../src/cli/products-csv/bad-csv.js';
import { checkFile, MOST_PROBLEMS } from '../../src/cli/products-csv/check-file.js';
import type { ProductLine } from '../../src/cli/products-csv/product-line.js';
import { withSpool } from '../../src/cli/products-csv/spool.js';

/** How a CSV file becomes products, without a database. */

async function read(file: string | Buffer | readonly Buffer[]) {
  const chunks = Array.isArray(file) ? file : [Buffer.from(file as string)];
  const products: ProductLine[] = [];
  const checked = await checkFile(Readable.from(chunks), async (product) => void products.push(product));
  return { ...checked, products, problems: checked.problems.map(inWords) };
}

const header = 'sku,name,price,currency';
const problemsOf = async (lines: string) => (await read(`${header}\n${lines}`)).problems;

test('the required columns are enough, and an absent column is left out of the product', async (t) => {
  const { products, problems } = await read(`${header}\nmug,A mug,12.50,EUR\n`);
  t.deepEqual(problems, []);
  t.deepEqual(
    products.map((product) => JSON.parse(JSON.stringify(product))),
    [{ line: 2, sku: 'mug', name: 'A mug', unitPrice: 1250, currency: 'EUR' }],
  );
});

test('columns may have any order, and an empty field means no stock or no limit', async (t) => {
  const { products } = await read(
    'max_per_order,active,currency,stock,price,name,sku\n3,FALSE,JPY,7,1250,Tea,tea\n,true,KWD,,1.25,Oud,oud\n',
  );
  t.like(products[0], { sku: 'tea', unitPrice: 1250, stock: 7, active: false, maxPerOrder: 3 });
  t.like(products[1], { sku: 'oud', unitPrice: 1250, stock: undefined, active: true, maxPerOrder: null });
});

for (const [what, text] of [
  ['commas', 'sku,name,price,currency\nmug,"A, B; C",12.50,EUR'],
  ['semicolons', 'sku;name;price;currency\nmug;A, B"; C;12.50;EUR'.replace('A, B"; C', '"A, B; C"')],
  ['tabs', 'sku\tname\tprice\tcurrency\nmug\tA, B; C\t12.50\tEUR'],
  ['a BOM', '\ufeffsku,name,price,currency\nmug,"A, B; C",12.50,EUR\n'],
  ['CRLF', 'sku,name,price,currency\r\nmug,"A, B; C",12.50,EUR\r\n'],
  ['quotes everywhere', '"sku","name","price","currency"\r\n"mug","A, B; C","12.50","EUR"\r\n'],
  ['empty lines', 'sku,name,price,currency\n\nmug,"A, B; C",12.50,EUR\n,,,\n\r\n\n'],
] as const) {
  test(`a file with ${what} is read`, async (t) => {
    const { products, problems } = await read(text);
    t.deepEqual(problems, []);
    t.like(products[0], { sku: 'mug', name: 'A, B; C', unitPrice: 1250 });
    t.is(products.length, 1);
  });
}

test('quotes, line breaks and formulas in a name are kept as they are', async (t) => {
  const { products } = await read(
    `${header}\na,"say ""hi""",1,EUR\nb,"two\nlines\r\nthree",1,EUR\nc,"=SUM(A1:A9)",1,EUR\nd,'@x,1,EUR\ne, a ,1,EUR\n`,
  );
  t.deepEqual(
    products.map(({ name }) => name),
    ['say "hi"', 'two\nlines\r\nthree', '=SUM(A1:A9)', "'@x", ' a '],
  );
});

test('a line is counted as an editor counts lines, also behind quoted line breaks and empty lines', async (t) => {
  const breaks = 'a,"1\r\n2\n3",1,EUR\r\n\r\nb,"x\n",1,EUR\n\n\n"c",ok,1,EUR\nd,"\n",bad,EUR\ne,ok,bad,EUR';
  const { products, problems } = await read(`\ufeff${header}\n${breaks}`);
  t.deepEqual(
    products.map(({ line }) => line),
    [2, 6, 10],
  );
  t.deepEqual(
    problems.map((problem) => problem.split(':')[0]),
    ['line 11, name', 'line 11, price', 'line 13, price'],
  );
});

testProp(
  'where a file is cut into chunks changes nothing',
  [fc.integer({ min: 1, max: 9 }), fc.constantFrom('\n', '\r\n')],
  async (t, size, end) => {
    const text = ['\ufeffsku;name;price;currency', 'größe;"鞋\n\r\n ""x""";1;EUR', '', 'b;b;bad;EUR', ''].join(end);
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    t.deepEqual(await read(chunks), await read(text));
    t.is((await read(chunks)).products[0]?.name, '鞋\n\r\n "x"');
  },
);

const wrongPrice = (code: string, most: string, example: string) =>
  `expected a price in ${code} ${most} and without separators of thousands, such as ${example}`;

for (const [line, problem] of [
  ['mug,A,12.505,EUR', `line 2, price: ${wrongPrice('EUR', 'with at most 2 decimals', '12.50')}, not "12.505"`],
  ['mug,A,"1,250",EUR', `line 2, price: ${wrongPrice('EUR', 'with at most 2 decimals', '12.50')}, not "1,250"`],
  ['mug,A,"1,25",KWD', `line 2, price: ${wrongPrice('KWD', 'with at most 3 decimals', '12.500')}, not "1,25"`],
  ['mug,A,12.0,JPY', `line 2, price: ${wrongPrice('JPY', 'without decimals', '1250')}, not "12.0"`],
  ['mug,A,-1,EUR', `line 2, price: ${wrongPrice('EUR', 'with at most 2 decimals', '12.50')}, not "-1"`],
  ['mug,A,,EUR', `line 2, price: ${wrongPrice('EUR', 'with at most 2 decimals', '12.50')}, not ""`],
  ['mug,A,1,XAU', 'line 2, currency: expected a currency of ISO 4217 such as EUR, not "XAU"'],
  ['mug,A,1,eur', 'line 2, currency: expected a currency of ISO 4217 such as EUR, not "eur"'],
  ['mug,,1,EUR', 'line 2, name: expected 1 to 200 characters, and no control character but a line break, not ""'],
  [
    `mug,${'鞋'.repeat(201)},1,EUR`,
    `line 2, name: expected 1 to 200 characters, and no control character but a line break, not "${'鞋'.repeat(40)}…"`,
  ],
  ['mug,A,1', 'line 2: expected 4 fields as in the header, not 3'],
  ['mug,A,1,EUR,', 'line 2: expected 4 fields as in the header, not 5'],
  ['a,5" tube,1,EUR', 'line 2: expected quotes around the whole field, and each quote within the field twice ("")'],
  ['a,"5" tube",1,EUR', 'line 2: expected quotes around the whole field, and each quote within the field twice ("")'],
  ['a,"tube,1,EUR\nb,b,1,EUR', 'line 2: the quotes that begin in this record never end'],
] as const) {
  test(`refused: ${line.slice(0, 30)}`, async (t) => {
    t.deepEqual(await problemsOf(line), [problem]);
  });
}

test('misplaced quotes hide no problem of the lines before', async (t) => {
  const problems = await problemsOf('a,A,x,EUR\nb,"B\nB",1,EUR\n\r\n,,,\nc,5" tube,1,EUR\nd,A,x,EUR');
  t.deepEqual(
    problems.map((problem) => problem.split(': expected')[0]),
    ['line 2, price', 'line 7'],
  );
});

test('a decimal comma is taken in a currency of two digits', async (t) => {
  const { products } = await read('sku;name;price;currency\na;a;12,50;EUR\nb;b;0,5;EUR\n');
  t.deepEqual(
    products.map(({ unitPrice }) => unitPrice),
    [1250, 50],
  );
});

test('each field of a line is named', async (t) => {
  const { problems, products } = await read(
    'sku,name,price,currency,stock,active,max_per_order\n mug,A,1,EUR,-1,yes,0\nlamp,A,1,EUR,1.5,,x\n',
  );
  t.deepEqual(
    problems.map((problem) => problem.split(': expected')[0]),
    [
      'line 2, sku',
      'line 2, stock',
      'line 2, active',
      'line 2, max_per_order',
      'line 3, stock',
      'line 3, active',
      'line 3, max_per_order',
    ],
  );
  t.deepEqual(products, []);
});

test('a SKU that occurs twice is named with both lines, in any form of Unicode', async (t) => {
  t.deepEqual(await problemsOf('o\u0308,A,1,EUR\nmug,B,1,EUR\nÖ,C,1,EUR\nö,D,1,EUR\n'), [
    'line 5, sku: expected each SKU once, and line 2 has "ö" too',
  ]);
});

for (const [what, text, problem] of [
  ['an empty file', '', 'line 1: expected a header with the names of the columns'],
  [
    'two delimiters',
    'sku,name;price,currency\n',
    'line 1: expected one delimiter in the header, and found comma and semicolon',
  ],
] as const) {
  test(`refused: ${what}`, async (t) => {
    t.deepEqual((await read(text)).problems, [problem]);
  });
}

test('unknown, repeated and missing columns are named', async (t) => {
  const { problems } = await read('sku,name,name,Price,currency\nmug,A,A,1,EUR\n');
  t.is(problems.length, 1);
  t.regex(
    problems[0] ?? '',
    /^line 1: unknown column "Price", column name occurs twice, column price is missing\. Expected/,
  );
});

for (const [what, bytes, line] of [
  ['Latin-1', Buffer.from(`${header}\na,b,1,EUR\nb,größe,1,EUR\nc,größe,1,EUR\n`, 'latin1'), 3],
  ['UTF-16', Buffer.from(`\ufeff${header}\n`, 'utf16le'), 1],
  ['half a character at the end', Buffer.from(`${header}\na,ö`).subarray(0, -1), 2],
] as const) {
  test(`${what} is not UTF-8, and the line is named`, async (t) => {
    const { problems } = await read([bytes]);
    t.regex(problems.at(-1) ?? '', new RegExp(`^line ${line}: expected UTF-8`));
  });
}

test('many problems are counted, and the first ones are kept', async (t) => {
  const { problems, problemCount } = await read(`${header}\n${'a,A,x,EUR\n'.repeat(500)}`);
  t.deepEqual([problems.length, problemCount], [MOST_PROBLEMS, 500]);
});

test('a file that is one endless line is refused', async (t) => {
  const endless = Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024, 'x'));
  t.deepEqual((await read(endless)).problems, ['line 1: expected a line of at most 1000000 bytes']);
});

testProp(
  'any bytes give products or problems, and no other error',
  [fc.uint8Array({ maxLength: 200 })],
  async (t, bytes) => {
    const { problems, products } = await read([Buffer.from(`${header}\n`), Buffer.from(bytes)]);
    t.true(problems.length > 0 || products.every(({ currency }) => currency.length === 3));
  },
);

test('the spool gives back all products in slices, also twice', async (t) => {
  const product = (line: number) => ({ line, sku: `sku-${line}`, name: 'x\u2028y\n', unitPrice: 1, currency: 'EUR' });
  const products = Array.from({ length: 2_005 }, (_, index) => product(index));
  await withSpool(async (spool) => {
    for (const one of products) await spool.add(one);
    for (let time = 0; time < 2; time++) {
      const slices: ProductLine[][] = [];
      for await (const slice of spool.slices(500)) slices.push(slice);
      t.deepEqual(
        slices.map(({ length }) => length),
        [500, 500, 500, 500, 5],
      );
      t.deepEqual(slices.flat(), products);
    }
  });
});
