import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type BadBody, extra, inherited, type Leaf, missing, notJson, twice, wrongValue } from './bad-json.js';
import type { Sent } from './http-requests.js';

/** Requests to the operators' routes of the catalogue, the stock and the orders that are wrong in one place. */

const isWhole = (value: unknown, lowest: number, highest = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && Number(value) >= lowest && Number(value) <= highest;

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && [...value].length <= longest;

export const validProduct = { name: 'A mug', unitPrice: 1_250, currency: 'EUR', active: true, maxPerOrder: 5 };

const productLeaves: readonly Leaf[] = [
  { path: ['name'], isRight: (value) => isText(value, 200) && value.isWellFormed() },
  { path: ['unitPrice'], isRight: (value) => isWhole(value, 0) },
  { path: ['currency'], isRight: () => false },
];

const optionalOfProduct: readonly Leaf[] = [
  { path: ['active'], isRight: (value) => typeof value === 'boolean' },
  { path: ['maxPerOrder'], isRight: (value) => value === null || isWhole(value, 1, 1_000_000) },
];

/** @param number a field that is a number, if there is one */
const bodiesLike = (
  valid: object,
  number: string | undefined,
  required: readonly Leaf[],
  optional: readonly Leaf[],
): fc.Arbitrary<BadBody> =>
  fc.oneof(
    { weight: 10, arbitrary: wrongValue(valid, [...required, ...optional]) },
    { weight: 2, arbitrary: missing(valid, required) },
    { weight: 4, arbitrary: extra(valid, [[]]) },
    ...(number === undefined ? [] : [{ weight: 1, arbitrary: twice(valid, [number]) }]),
    { weight: 1, arbitrary: inherited(valid) },
    { weight: 4, arbitrary: notJson(valid) },
  );

export const badProduct = bodiesLike(validProduct, 'unitPrice', productLeaves, optionalOfProduct);

export const validChange = { kind: 'received', quantity: 5, reason: 'delivery', reference: 'PO-7', by: 'ada' };

const isNote = (value: unknown, longest: number): boolean =>
  isText(value, longest) && value.trim().length <= longest && /^\P{Cc}*$/u.test(value.trim());

export const badStockChange = bodiesLike(
  validChange,
  'quantity',
  [
    { path: ['kind'], isRight: () => false },
    { path: ['quantity'], isRight: (value) => isWhole(value, 1) },
  ],
  [
    { path: ['reason'], isRight: (value) => isNote(value, 500) },
    { path: ['reference'], isRight: (value) => isNote(value, 100) },
    { path: ['by'], isRight: (value) => isNote(value, 100) },
  ],
);

export const validRefund = {
  lines: [{ sku: 'mug', quantity: 1 }],
  amount: 1,
  restock: true,
  reason: 'broken',
  by: 'ada',
};

/** Every field of a refund may be missing: what then contradicts another field is below. */
export const badRefund: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 4, arbitrary: extra(validRefund, [[], ['lines', 0]]) },
  { weight: 1, arbitrary: twice(validRefund, ['amount']) },
  { weight: 1, arbitrary: inherited(validRefund) },
  { weight: 4, arbitrary: notJson(validRefund) },
  {
    weight: 10,
    arbitrary: wrongValue(validRefund, [
      { path: ['lines'], isRight: () => false },
      { path: ['lines', 0], isRight: () => false },
      { path: ['lines', 0, 'sku'], isRight: (value) => value === 'mug' },
      { path: ['lines', 0, 'quantity'], isRight: (value) => isWhole(value, 1, 1_000_000) },
      { path: ['amount'], isRight: (value) => isWhole(value, 0) },
      { path: ['restock'], isRight: (value) => typeof value === 'boolean' },
      { path: ['reason'], isRight: (value) => isNote(value, 500) },
      { path: ['by'], isRight: (value) => isNote(value, 100) },
    ]),
  },
);

/** Bodies whose fields are right, and contradict one another. */
export const contradictingRefunds: readonly BadBody[] = (
  [
    ['amount', {}],
    ['amount', { restock: true }],
    ['amount', { amount: 0 }],
    ['amount', { amount: 0, lines: validRefund.lines }],
    ['amount', { all: true, amount: 1 }],
    ['lines', { all: true, lines: validRefund.lines }],
    ['restock', { amount: 1, restock: true }],
    ['all', { all: false }],
    ['lines', { lines: [] }],
  ] as const
).map(([field, body]) => ({ field, body: Buffer.from(JSON.stringify(body)) }));

const validEndpoint = {
  url: 'https://shop.example.com/events',
  events: ['order.paid'],
  signature: 'v1',
  by: 'ada',
  dryRun: false,
};

const isType = (value: unknown): boolean =>
  typeof value === 'string' && /^(\*|(order|refund|payment|stock)\.(\*|[a-z-]+))$/.test(value);

export const badEndpoint = bodiesLike(
  validEndpoint,
  undefined,
  [{ path: ['url'], isRight: (value) => typeof value === 'string' && /^https?:/i.test(value) }],
  [
    { path: ['events'], isRight: (value) => Array.isArray(value) && value.length > 0 && value.every(isType) },
    { path: ['events', 0], isRight: isType },
    { path: ['signature'], isRight: (value) => value === 'v1' || value === 'v1a' },
    { path: ['by'], isRight: (value) => isNote(value, 100) },
    { path: ['dryRun'], isRight: (value) => typeof value === 'boolean' },
  ],
);

export const validReplay = {
  type: ['order.*'],
  since: '2026-03-01T10:00:00Z',
  until: '2027-03-01T10:00:00Z',
  undelivered: true,
  rabbitmq: true,
  dryRun: true,
};

const isTime = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(value);

/** Every field of a replay may be missing: what then contradicts another field is below. */
export const badReplay: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 4, arbitrary: extra(validReplay, [[]]) },
  { weight: 1, arbitrary: inherited(validReplay) },
  { weight: 4, arbitrary: notJson(validReplay) },
  {
    weight: 10,
    arbitrary: wrongValue({ ...validReplay, order: randomUUID() }, [
      { path: ['type'], isRight: (value) => Array.isArray(value) && value.length > 0 && value.every(isType) },
      { path: ['type', 0], isRight: isType },
      { path: ['order'], isRight: () => false },
      { path: ['since'], isRight: isTime },
      { path: ['until'], isRight: isTime },
      { path: ['undelivered'], isRight: (value) => value === true },
      { path: ['rabbitmq'], isRight: (value) => value === true },
      { path: ['dryRun'], isRight: (value) => typeof value === 'boolean' },
    ]),
  },
);

/** Replays whose fields are right, and contradict one another, or name what does not exist. */
export const contradictingReplays: readonly BadBody[] = (
  [
    ['endpoint', { undelivered: true }],
    ['endpoint', { undelivered: true, endpoint: randomUUID(), rabbitmq: true }],
    ['endpoint', { undelivered: true, endpoint: randomUUID() }],
    ['endpoint', { undelivered: true, endpoint: 'all' }],
    ['ids', { rabbitmq: true }],
    ['ids', { rabbitmq: true, ids: [] }],
    ['ids', { rabbitmq: true, ids: [randomUUID()] }],
    ['ids', { rabbitmq: true, ids: [randomUUID()], type: ['order.paid'] }],
    ['ids[0]', { rabbitmq: true, ids: ["' OR 1=1"] }],
    ['ids', { rabbitmq: true, ids: Array.from({ length: 1_001 }, () => 'x') }],
    ['until', { rabbitmq: true, since: validReplay.until, until: validReplay.since }],
  ] as const
).map(([field, body]) => ({ field, body: Buffer.from(JSON.stringify(body)) }));

/** Addresses that no endpoint may have in production. */
export const refusedUrls: readonly string[] = [
  ...['http://shop.example.com/', 'ftp://shop.example.com/', 'https://', 'https:///', 'javascript:alert(1)', '//x', ''],
  ...['https://a:b@shop.example.com/', 'https://a@shop.example.com/', 'https://shop.example.com/#x', 'https://a b/'],
  ...[
    'https://localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://2130706433/',
    'https://0x7f.1/',
  ],
  ...[
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/',
  ],
  ...['https://[64:ff9b::a00:1]/', 'https://[fd00::1]/', 'https://192.168.0.1:8443/', 'https://100.64.0.1/'],
  ...[`https://shop.example.com/${'a'.repeat(2_000)}`, 'https://shop.example.com:99999/', 'https://[::1'],
];

/** A parameter of a query, or undefined where the whole query is right. */
interface BadQuery {
  readonly path: string;
  readonly field: string;
}

const wrong: Readonly<Record<string, readonly (readonly [name: string, values: readonly string[]])[]>> = {
  '/orders': [
    ['status', ['', 'PAID', 'open', 'placed,paid', 'null']],
    ['since', ['', 'yesterday', '2026-13-01T00:00:00Z', '2026-01-01', '1e9', '٢']],
    ['until', ['', 'now', '2026-02-30T00:00:00Z']],
    ['amount', ['', '-1', '1.5', '1e3', '9007199254740992', ' 1', '0x1']],
    ['currency', ['', 'eur', 'EURO', 'XYZ', '€']],
    ['limit', ['', '0', '201', '-1', '1e2', 'all']],
    ['after', ['', '1', 'x'.repeat(36), '../x']],
    ['reference', ['', ' a', 'x'.repeat(65), '\u0000', '\u202e']],
    ['sku', ['', ' mug', 'x'.repeat(65), 'a\nb']],
  ],
  '/events': [
    ['type', ['', 'order.sent', 'ORDER.PAID', 'order', '**', 'order.paid;']],
    ['order', ['', '1', 'x'.repeat(36)]],
    ['endpoint', ['', '1', '../x']],
    ['since', ['', 'yesterday', '2026-01-01', '1e9']],
    ['until', ['', 'now', '2026-02-30T00:00:00Z']],
    ['undelivered', ['', 'TRUE', '1']],
    ['before', ['', '0', '-1', '1.5', '9'.repeat(17)]],
    ['limit', ['', '0', '201', '-1', 'x']],
  ],
  '/products': [
    ['limit', ['', '0', '1001', '-1', '1.0']],
    ['active', ['', 'TRUE', '1', 'yes']],
    ['after', ['', ' a', 'x'.repeat(65), '\u0000']],
    ['text', ['', 'x'.repeat(201)]],
  ],
  '/products/mug/stock-changes': [
    ['limit', ['', '0', '201', '-1', 'x']],
    ['before', ['', '0', '-1', '1.5', '9'.repeat(17)]],
  ],
};

const nobodys = fc.constantFrom('__proto__', 'constructor', 'user', 'SKU', 'limit[]', 'offset', 'order by');

export const badQuery: fc.Arbitrary<BadQuery> = fc.constantFrom(...Object.entries(wrong)).chain(([path, parameters]) =>
  fc.oneof(
    fc
      .constantFrom(...parameters.flatMap(([field, values]) => values.map((value) => [field, value] as const)))
      .map(([field, value]) => ({ path: `${path}?${field}=${encodeURIComponent(value)}`, field })),
    fc.constantFrom(...parameters).map(([field]) => ({ path: `${path}?${field}=1&${field}=2`, field })),
    fc
      .tuple(nobodys, fc.string({ unit: 'grapheme', maxLength: 8 }))
      .map(([field, value]) => ({ path: `${path}?${encodeURIComponent(field)}=${encodeURIComponent(value)}`, field })),
  ),
);

/** Every route of the operators, right but for its token. */
export const withoutToken: fc.Arbitrary<Sent> = fc
  .tuple(
    fc.constantFrom<Omit<Sent, 'headers'>>(
      { method: 'GET', path: '/orders' },
      { method: 'GET', path: '/products' },
      { method: 'GET', path: '/products/mug' },
      { method: 'GET', path: '/products/mug/stock-changes' },
      { method: 'DELETE', path: '/products/mug' },
      { method: 'GET', path: '/endpoints' },
      { method: 'POST', path: '/endpoints', body: Buffer.from(JSON.stringify(validEndpoint)) },
      { method: 'POST', path: `/endpoints/${randomUUID()}/rotate` },
      { method: 'GET', path: '/events' },
      { method: 'POST', path: '/events/replay', body: Buffer.from(JSON.stringify(validReplay)) },
      { method: 'PUT', path: '/products/mug', body: Buffer.from(JSON.stringify({ ...validProduct, unitPrice: 1 })) },
      { method: 'POST', path: '/products/mug/stock-changes', body: Buffer.from(JSON.stringify(validChange)) },
      { method: 'POST', path: `/orders/${randomUUID()}/refunds`, body: Buffer.from(JSON.stringify(validRefund)) },
    ),
    fc.constantFrom(undefined, '', 'Bearer', 'Bearer ', 'Bearer null', 'Basic YTph', `Bearer ${'x'.repeat(43)}`),
  )
  .map(([sent, authorization]) => ({
    ...sent,
    headers: { 'idempotency-key': randomUUID(), ...(authorization !== undefined && { authorization }) },
  }));
