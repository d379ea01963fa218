import type { Options } from 'amqplib';
import fc from 'fast-check';
import { isText } from './bad-customers.js';
import { type BadBody, inherited, type Leaf, missing, notJson, twice, wrongValue } from './bad-json.js';

/** Messages that no handler can read, with properties that cannot be trusted. */

const someId = '01957a3e-0000-7000-8000-000000000001';

const validCreate = {
  order_id: someId,
  user_id: 7,
  items: [
    { sku: 'mug', quantity: 2, unit_price: 1250 },
    { sku: 'lamp', quantity: 1, unit_price: 4900 },
  ],
  amount: 7400,
  currency: 'EUR',
  created_at: '2026-03-01T10:00:00Z',
  expires_at: '2026-03-01T10:30:00Z',
};
const validCancel = {
  order_id: someId,
  user_id: 9007199254740991,
  created_at: '2026-11-23T08:19:00.123456789+08:00',
  reason: 'timeout',
};

const matches = (value: unknown, shape: RegExp): boolean => typeof value === 'string' && shape.test(value);
const isWhole = (value: unknown, lowest: number): boolean => Number.isInteger(value) && Number(value) >= lowest;
const isId = (value: unknown): boolean => matches(value, /^[\da-f-]{36}$/i);
const isUser = (value: unknown): boolean => value === null || Number.isInteger(value) || isText(value);
const isTime = (value: unknown): boolean => matches(value, /^\d{4}-/);
const isItem = (value: unknown): boolean => {
  const { sku, quantity, unit_price: price } = (value ?? {}) as Record<string, unknown>;
  return matches(sku, /./s) && isWhole(quantity, 1) && isWhole(price, 0);
};
const orNothing =
  (isRight: Leaf['isRight']): Leaf['isRight'] =>
  (value) =>
    value === null || value === undefined || isRight(value);

const createLeaves: readonly Leaf[] = [
  { path: ['order_id'], isRight: isId },
  { path: ['user_id'], isRight: isUser },
  { path: ['items'], isRight: (value) => Array.isArray(value) && value.length > 0 && value.every(isItem) },
  { path: ['items', 0], isRight: isItem },
  { path: ['items', 1, 'sku'], isRight: (value) => matches(value, /./s) },
  { path: ['items', 0, 'quantity'], isRight: (value) => isWhole(value, 1) },
  { path: ['items', 0, 'unit_price'], isRight: (value) => isWhole(value, 0) },
  { path: ['amount'], isRight: (value) => isWhole(value, 0) },
  { path: ['currency'], isRight: (value) => matches(value, /^[A-Z]{3}$/) },
  { path: ['created_at'], isRight: isTime },
  { path: ['expires_at'], isRight: isTime },
];
const cancelLeaves: readonly Leaf[] = [
  { path: ['order_id'], isRight: isId },
  { path: ['user_id'], isRight: isUser },
  { path: ['created_at'], isRight: orNothing(isTime) },
  { path: ['reason'], isRight: orNothing((value) => typeof value === 'string' && value.length <= 1000) },
];

const badBody = (valid: object, leaves: readonly Leaf[], names: readonly string[]): fc.Arbitrary<BadBody> =>
  fc.oneof(
    { weight: 8, arbitrary: wrongValue(valid, leaves) },
    {
      weight: 2,
      arbitrary: missing(
        valid,
        leaves.filter(({ path }) => path[0] !== 'user_id'),
      ),
    },
    { weight: 1, arbitrary: twice(valid, names) },
    { weight: 1, arbitrary: inherited(valid) },
    { weight: 3, arbitrary: notJson(valid) },
  );

const headerValue = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    '3',
    -1,
    0.5,
    3,
    2 ** 31,
    -(2 ** 53),
    Number.MAX_SAFE_INTEGER,
    true,
    null,
    [],
    {},
    ['a'],
    [{}],
  ),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('x'.repeat(3_000)),
  // amqplib uses the key `!` for types in its tables, so the sender of this test cannot write this key.
  fc.dictionary(
    fc.string({ minLength: 1, maxLength: 10 }).filter((name) => name !== '!'),
    fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  ),
);
const headerName = fc.constantFrom(
  ...[
    'x-attempts',
    'x-reason',
    'x-first-failed-at',
    'x-last-failed-at',
    'x-failed-queue',
    'x-death',
    'x-delivery-count',
  ],
  ...['traceparent', 'x-first-death-queue', 'CC', 'BCC', 'constructor', 'toString', 'anything'],
);

/** `CC` and `BCC` must be lists for the broker itself. */
const headers = fc
  .array(fc.tuple(headerName, headerValue), { maxLength: 3 })
  .map((headers) => Object.fromEntries(headers.filter(([name, value]) => !/^B?CC$/.test(name) || isTextList(value))));
const isTextList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

const properties: fc.Arbitrary<Options.Publish> = fc.record(
  {
    headers,
    contentType: fc.constantFrom('application/json', 'text/plain', '', 'x'.repeat(200)),
    contentEncoding: fc.constantFrom('gzip', ''),
    type: fc.constantFrom('order.create', '__proto__', ''),
    timestamp: fc.constantFrom(0, 1, 2 ** 40),
    correlationId: fc.string({ maxLength: 50 }),
    persistent: fc.boolean(),
    priority: fc.integer({ min: 0, max: 255 }),
  },
  { requiredKeys: [] },
);

export interface BadMessage {
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

const message = (bodies: fc.Arbitrary<BadBody>): fc.Arbitrary<BadMessage> =>
  fc.record({ content: bodies.map(({ body }) => body), properties });

export const badCreate = message(badBody(validCreate, createLeaves, ['order_id', 'items', 'amount']));
export const badCancel = message(badBody(validCancel, cancelLeaves, ['order_id']));
