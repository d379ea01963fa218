import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { badCustomer, isText } from './bad-customers.js';
import { type BadBody, extra, inherited, type Leaf, missing, notJson, twice, wrongValue } from './bad-json.js';
import type { Sent } from './http-requests.js';

/** Requests to the API that are wrong in their headers, method, path or JSON. */

const SKUS = ['lamp', 'mug'];

export const validCheckout = {
  userId: 7,
  paymentMethod: 'transfer',
  items: [
    { sku: 'mug', quantity: 2 },
    { sku: 'lamp', quantity: 1 },
  ],
};

const isWhole = (value: unknown, highest: number): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= highest;
const isCustomer = (value: unknown): boolean => isWhole(value, Number.MAX_SAFE_INTEGER) || isText(value);
const isSku = (value: unknown): boolean => typeof value === 'string' && SKUS.includes(value);
const hasOnly = (value: unknown, ...names: string[]): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).sort().join() === names.join();
const isLine = (value: unknown): boolean => {
  const { sku, quantity } = (value ?? {}) as { sku?: unknown; quantity?: unknown };
  return hasOnly(value, 'quantity', 'sku') && isSku(sku) && isWhole(quantity, 1_000_000);
};

const checkoutLeaves: readonly Leaf[] = [
  { path: ['userId'], isRight: isCustomer },
  { path: ['paymentMethod'], isRight: (value) => value === 'transfer' },
  { path: ['items'], isRight: (value) => Array.isArray(value) && value.length > 0 && value.every(isLine) },
  { path: ['items', 0], isRight: isLine },
  { path: ['items', 0, 'sku'], isRight: isSku },
  { path: ['items', 1, 'sku'], isRight: isSku },
  { path: ['items', 0, 'quantity'], isRight: (value) => isWhole(value, 1_000_000) },
  { path: ['items', 1, 'quantity'], isRight: (value) => isWhole(value, 1_000_000) },
];

const isRequired = ({ path }: Leaf): boolean => path[0] !== 'paymentMethod' && path[0] !== 'userId';

const lines = (howMany: number): BadBody => ({
  body: Buffer.from(JSON.stringify({ userId: 7, items: Array(howMany).fill(validCheckout.items[0]) })),
  field: howMany < 1_000 ? 'items' : 'body',
});

export const badCheckout: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 12, arbitrary: wrongValue(validCheckout, checkoutLeaves) },
  { weight: 4, arbitrary: badCustomer(validCheckout) },
  { weight: 2, arbitrary: missing(validCheckout, checkoutLeaves.filter(isRequired)) },
  { weight: 6, arbitrary: extra(validCheckout, [[], ['items', 0], ['items', 1]]) },
  { weight: 2, arbitrary: twice(validCheckout, ['paymentMethod', 'items']) },
  { weight: 1, arbitrary: inherited(validCheckout) },
  { weight: 6, arbitrary: notJson(validCheckout) },
  { weight: 1, arbitrary: fc.integer({ min: 101, max: 900 }).map(lines) },
);

export const tooLarge: fc.Arbitrary<BadBody> = fc.constantFrom<BadBody>(
  lines(10_000),
  { body: Buffer.alloc(5_000_000, ' '), field: 'body' },
  { body: Buffer.from(`{"userId":7,"items":"${'x'.repeat(5_000_000)}"}`), field: 'body' },
  { body: randomBytes(70_000), field: 'body' },
);

const latin1 = (unit: { min: number; max: number }, maxLength: number) =>
  fc.array(fc.integer(unit), { maxLength }).map((codes) => String.fromCharCode(...codes));

const authorization = fc.oneof(
  fc.constantFrom(
    '',
    'Bearer',
    'Bearer ',
    'bearer x',
    'Basic YTph',
    'Bearer null',
    'Bearer undefined',
    'Bearer __proto__',
  ),
  latin1({ min: 0xa0, max: 0xff }, 43).map((token) => `Bearer ${token}`),
  fc.base64String({ minLength: 40, maxLength: 60 }).map((token) => `Bearer ${token}`),
  fc.constant(`Bearer ${'x'.repeat(8_000)}`),
);

/** A checkout that is valid but for its token. */
export const badCheckoutToken: fc.Arbitrary<Sent> = authorization
  .filter((header) => header !== '')
  .map((header) => ({
    method: 'POST',
    path: '/checkout',
    headers: { authorization: header, 'idempotency-key': randomUUID() },
    body: Buffer.from(JSON.stringify(validCheckout)),
  }));

/** A valid request with wrong headers: an invalid key, or a body that does not fit its encoding. */
export const badCheckoutHeaders: fc.Arbitrary<Sent> = fc
  .oneof(
    fc
      .oneof(
        fc.constantFrom<string | string[]>(
          '',
          ' ',
          'two words',
          'x'.repeat(256),
          'x'.repeat(9_000),
          'é',
          ['a', 'b'],
          ['a', 'a'],
        ),
        latin1({ min: 0x80, max: 0xff }, 20),
      )
      .map((key) => ({ headers: { 'idempotency-key': key }, body: Buffer.from(JSON.stringify(validCheckout)) })),
    fc.constant({ headers: {}, body: Buffer.from(JSON.stringify(validCheckout)) }),
    fc
      .tuple(
        fc.constantFrom(
          'gzip',
          'deflate',
          'br',
          'zstd',
          'compress',
          'gzip, gzip',
          'x',
          'é',
          '__proto__',
          'constructor',
        ),
        fc.constantFrom(
          Buffer.from(JSON.stringify(validCheckout)),
          Buffer.alloc(0),
          gzipSync(Buffer.alloc(5_000_000)),
          gzipSync(JSON.stringify(validCheckout)).subarray(0, 30),
          randomBytes(100),
        ),
      )
      .map(([encoding, body]) => ({
        headers: { 'idempotency-key': randomUUID(), 'content-encoding': encoding },
        body,
      })),
  )
  .map((request) => ({ method: 'POST', path: '/checkout', ...request }));

const percent = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const segment = fc.oneof(
  fc.constantFrom(
    '',
    '.',
    '..',
    '%',
    '%zz',
    '%e0%a4%a',
    '%00',
    '%2f..%2f',
    '__proto__',
    'constructor',
    '*',
    ':orderId',
    "'--",
  ),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map(percent),
  fc.constantFrom('é', '\u0000', '漢', '\u{1f600}', '"', '%').map((letter) => percent(Buffer.from(letter.repeat(36)))),
  fc.uuid(),
  fc.constantFrom('a'.repeat(36), 'a'.repeat(5_000)),
);
/** Requests for unknown orders, or for orders of another customer. */
export const badOrderRequest = (orderId: string): fc.Arbitrary<Sent> =>
  fc
    .record({
      id: fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom(orderId, orderId.toUpperCase()) },
        { weight: 2, arbitrary: segment },
      ),
      cancel: fc.boolean(),
      authorization,
      query: fc.constantFrom('', '?', '?token=1', '?__proto__[x]=1', '?a[]=1&a=2', `?${'x'.repeat(3_000)}`, '?%'),
      body: fc.constantFrom('', '{', 'null', '{"__proto__":1}', 'x'.repeat(100_000)),
    })
    .map(({ id, cancel, authorization, query, body }) => ({
      method: cancel ? 'POST' : 'GET',
      path: `/orders/${id}${cancel ? '/cancel' : ''}${query}`,
      headers: authorization === '' ? {} : { authorization },
      ...(cancel && { body: Buffer.from(body) }),
    }));

const EXTENDED = { expiresAt: '2126-03-05T18:00:00Z' };
/** Each valid moment is refused too: it is far beyond the greatest payment window. */
const momentLeaf: readonly Leaf[] = [{ path: ['expiresAt'], isRight: () => false }];

/** The body of a move of a deadline that is wrong in one place. */
export const badExtension: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 6, arbitrary: wrongValue(EXTENDED, momentLeaf) },
  { weight: 1, arbitrary: missing(EXTENDED, momentLeaf) },
  { weight: 2, arbitrary: extra(EXTENDED, [[]]) },
  { weight: 1, arbitrary: inherited(EXTENDED) },
  { weight: 3, arbitrary: notJson(EXTENDED) },
  {
    weight: 4,
    arbitrary: fc.date({ noInvalidDate: true }).map((date) => ({
      body: Buffer.from(JSON.stringify({ expiresAt: date.toISOString().replace(/^\d{4}-/, '2126-') })),
      field: 'expiresAt',
    })),
  },
);

/** A move of a deadline with a wrong token, for an order that exists. */
export const badExtensionToken = (orderId: string): fc.Arbitrary<Sent> =>
  authorization.map((header) => ({
    method: 'POST',
    path: `/orders/${orderId}/extend`,
    headers: header === '' ? {} : { authorization: header },
    body: Buffer.from(JSON.stringify({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })),
  }));

/** Requests that no route accepts. */
export const badRoute: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE', 'SEARCH', 'PURGE', 'QUERY'),
    path: fc.oneof(
      fc.constantFrom('/checkout', '/webhooks/payment', '/orders', '/CHECKOUT/..', '//checkout', '/checkout%00'),
      fc.tuple(segment, segment).map(([first, second]) => `/${first}/${second}`),
    ),
  })
  .filter(({ path }) => !path.startsWith('/orders/'));
