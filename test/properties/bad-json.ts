import fc from 'fast-check';

/** JSON that is wrong in one place, as text, so that it also contains what no serializer writes. */

export interface BadBody {
  readonly body: Buffer;
  /** The wrong place, in the form `items[0].sku`; undefined when the whole text is wrong. */
  readonly field?: string;
}

type Path = readonly (string | number)[];

/** A place in a valid value that is made wrong, and the values that are valid in this place. */
export interface Leaf {
  readonly path: Path;
  readonly isRight: (value: unknown) => boolean;
}

const MARK = '"a place to be filled"';

/** The value as JSON text, with raw text at the path. */
function textWith(value: unknown, path: Path, raw: string): string {
  const replaced = structuredClone(value) as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last === undefined) return raw;
  let parent = replaced;
  for (const part of path.slice(0, -1)) parent = parent[part] as typeof parent;
  parent[last] = JSON.parse(MARK);
  return JSON.stringify(replaced).replace(MARK, () => raw);
}

const written = (path: Path): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${part}`)).join('');

/** Fragments that are no JSON, or JSON that programs often handle wrongly. */
const oddities = [
  ...['0', '-0', '-1', '0.5', '1.5', '1e400', '-1e400', '1e21', '9007199254740993', '99999999999999999999', '-1e-9'],
  ...['"1"', '"2abc"', '"0x10"', '" 1 "', '"1e1"', '"١"', 'true', 'false', 'null', '[]', '{}', '[[]]', '[1]', '[null]'],
  ...['NaN', 'Infinity', 'undefined', '01', '+1', '.5', '1.', '0x10', "'mug'", '/**/1', '1,', ',', '}', ']', '"', ''],
  ...['{"__proto__":1}', '{"constructor":{"prototype":{"polluted":1}}}', '{"toString":1}', '{"valueOf":null}'],
  ...['{"length":1,"0":1}', '{"$ne":null}', '{"toJSON":1}', '["__proto__"]', '"__proto__"', '"constructor"'],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"a\\u0000b"',
    '"\\u202e"',
    '"\u0000"',
    '"\n"',
    '"\\x"',
  ],
  ...['"\'; DROP TABLE products; --"', '"../../etc/passwd"', '"%00"', '"$(reboot)"', '"<script>"', '"\\""'],
  ...[
    '9'.repeat(400),
    `-${'9'.repeat(400)}`,
    `"${'x'.repeat(5_000)}"`,
    `"${'é'.repeat(600)}"`,
    `0.${'0'.repeat(400)}1`,
  ],
  ...['['.repeat(5_000) + ']'.repeat(5_000), '['.repeat(20_000), `${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`],
];

const fragment: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddities) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.double().map(String) },
  { weight: 1, arbitrary: fc.maxSafeInteger().map(String) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }) },
);

const parsed = (raw: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(raw) };
  } catch {
    return undefined;
  }
};

/** One field has a wrong value. */
export const wrongValue = (valid: object, leaves: readonly Leaf[]): fc.Arbitrary<BadBody> =>
  fc
    .tuple(fc.constantFrom(...leaves), fragment)
    .filter(([{ path, isRight }, raw]) => {
      // The whole text is checked, because `1,` and `"a":1}` change the text around them.
      const whole = parsed(textWith(valid, path, raw));
      return whole === undefined || !isRight(path.reduce((at, part) => (at as Path)[part as number], whole.value));
    })
    .map(([{ path }, raw]) => {
      const text = textWith(valid, path, raw);
      return { body: Buffer.from(text), ...(parsed(text) && parsed(raw) && { field: written(path) }) };
    });

/** A field is missing. */
export const missing = (valid: object, leaves: readonly Leaf[]): fc.Arbitrary<BadBody> =>
  fc.constantFrom(...leaves.filter(({ isRight }) => !isRight(undefined))).map(({ path }) => {
    const copy = structuredClone(valid) as Record<string | number, unknown>;
    const last = path.at(-1) as string;
    let parent = copy;
    for (const part of path.slice(0, -1)) parent = parent[part] as typeof parent;
    delete parent[last];
    return { body: Buffer.from(JSON.stringify(copy)), ...(!Array.isArray(parent) && { field: written(path) }) };
  });

/** An additional field in the object at the path. Its name is written as raw text. */
export const extra = (valid: object, objects: readonly Path[]): fc.Arbitrary<BadBody> =>
  fc
    .tuple(
      fc.constantFrom(...objects),
      fc.oneof(
        fc.constantFrom('price', 'unitPrice', 'amount', 'currency', 'orderId', 'status', 'readToken', 'isAdmin'),
        fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', 'sku ', 'Quantity'),
        fc.string({ unit: 'grapheme', maxLength: 8 }),
      ),
      fc.constantFrom('1', '0', 'null', '"x"', '{"polluted":true}', '{"userId":1}', '[]'),
    )
    .filter(([path, name]) => !Object.hasOwn(objectAt(valid, path), name))
    .map(([path, name, value]) => {
      const inside = JSON.stringify(objectAt(valid, path)).slice(1);
      const raw = `{${JSON.stringify(name)}:${value},${inside}`;
      return { body: Buffer.from(textWith(valid, path, raw)), field: written([...path, name]) };
    });

const objectAt = (valid: object, path: Path): object =>
  path.reduce((at, part) => (at as Record<string | number, object>)[part] as object, valid);

/** The same name twice: the last value counts, and is wrong. */
export const twice = (valid: object, names: readonly string[]): fc.Arbitrary<BadBody> =>
  fc.tuple(fc.constantFrom(...names), fc.constantFrom('null', '-1', '"x"', '{}', '[null]')).map(([name, raw]) => ({
    body: Buffer.from(`${JSON.stringify(valid).slice(0, -1)},${JSON.stringify(name)}:${raw}}`),
    field: name,
  }));

/** All valid fields, but inherited in JavaScript. Inherited fields must not count. */
export const inherited = (valid: object): fc.Arbitrary<BadBody> =>
  fc
    .constantFrom('__proto__', 'constructor', 'prototype', 'body', 'data ')
    .map((name) => ({ body: Buffer.from(`{${JSON.stringify(name)}:${JSON.stringify(valid)}}`) }));

/** Bytes that are not JSON in UTF-8, most of them made from a valid body. */
export const notJson = (valid: object): fc.Arbitrary<BadBody> => {
  const text = JSON.stringify(valid);
  const bytes = Buffer.from(text);
  const wrong = fc.constantFrom(
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf8, 0x88],
    [0x80],
    [0xe2, 0x82],
    [0x00],
    [0x1b],
  );
  const at = fc.nat({ max: bytes.length - 1 });
  return fc
    .oneof(
      at.map((end) => bytes.subarray(0, end)),
      fc
        .tuple(at, wrong)
        .map(([where, some]) => Buffer.concat([bytes.subarray(0, where), Buffer.from(some), bytes.subarray(where)])),
      fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some)),
      fc.string({ unit: 'binary' }).map((some) => Buffer.from(some)),
      fc
        .constantFrom<BufferEncoding>('utf16le', 'base64', 'hex')
        .map((encoding) =>
          encoding === 'utf16le' ? Buffer.from(text, encoding) : Buffer.from(bytes.toString(encoding)),
        ),
      fc
        .constantFrom(
          'null',
          '[]',
          '""',
          '0',
          'true',
          `[${text}]`,
          `${text}${text}`,
          `${text},`,
          `(${text})`,
          `<a>${text}</a>`,
          JSON.stringify(text),
        )
        .map((some) => Buffer.from(some)),
    )
    .filter((body) => !isObject(body))
    .map((body) => ({ body }));
};

function isObject(body: Buffer): boolean {
  const value = parsed(body.toString())?.value;
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
