import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { encodeCreateMessage, orderOf, parseCancelMessage, parseCreateMessage } from '../../src/amqp/messages.js';
import { checkout } from '../helpers/broker.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const create = {
  order_id: checkout.orderId,
  user_id: 7,
  items: [{ sku: 'mug-red', quantity: 2, unit_price: 1250 }],
  amount: 2500,
  currency: 'EUR',
  created_at: '2026-03-01T10:00:00.000Z',
  expires_at: '2026-03-01T10:30:00.000Z',
};
const cancel = {
  order_id: checkout.orderId,
  user_id: 7,
  created_at: '2026-03-01T18:00:00.123456789+08:00',
  reason: 'timeout',
};

const reasonOf = (parsed: { ok: true } | { ok: false; reason: string }): string => (parsed.ok ? '' : parsed.reason);

test('a checkout is read from its message field by field', (t) => {
  t.deepEqual(parseCreateMessage(encodeCreateMessage(checkout)), { ok: true, message: create });
});

test('a message has what the order costs beside its lines, and the reference of the shop, and no metadata', (t) => {
  const adjustments = [
    { kind: 'shipping', label: 'Parcel', amount: 490 },
    { kind: 'tax', label: 'VAT', amount: 399, included: true },
  ] as const;
  const extras = { adjustments, reference: 'A-1001' };
  const parsed = parseCreateMessage(encodeCreateMessage({ ...checkout, ...extras, metadata: { address: 'x' } }));
  t.deepEqual(parsed, { ok: true, message: { ...create, adjustments: [...adjustments], reference: 'A-1001' } });
  t.like(parsed.ok && orderOf(parsed.message), extras);
});

test("a time in Go's format, with nanoseconds and an offset, is read unchanged", (t) => {
  t.deepEqual(parseCancelMessage(json(cancel)), { ok: true, message: cancel });
});

test('a user id beyond 2^53 keeps its digits', (t) => {
  const text = JSON.stringify(cancel).replace('"user_id":7', '"user_id":9223372036854775807');
  const parsed = parseCancelMessage(Buffer.from(text));
  t.is(parsed.ok && parsed.message.user_id, '9223372036854775807');
});

test('a user id beyond 64 bits is refused', (t) => {
  const text = JSON.stringify(cancel).replace('"user_id":7', '"user_id":9223372036854775808');
  t.is(
    reasonOf(parseCancelMessage(Buffer.from(text))),
    'user_id: expected a 64-bit integer, a text of up to 64 characters, or null for a guest',
  );
});

for (const userId of [7, 9007199254740991, 'ann@example.org', '92233720368547758080', '007', null]) {
  test(`the customer ${JSON.stringify(userId)} is in the message as it is`, (t) => {
    const content = encodeCreateMessage({ ...checkout, userId });
    t.like(JSON.parse(content.toString()), { user_id: userId });
    const parsed = parseCreateMessage(content);
    t.is(parsed.ok && orderOf(parsed.message).userId, userId);
  });
}

test('a create message without a user is of a guest', (t) => {
  const parsed = parseCreateMessage(json({ ...create, user_id: undefined }));
  t.is(parsed.ok && orderOf(parsed.message).userId, null);
});

for (const wrong of ['', ' ann', 'a\nb', 'x'.repeat(65), 1.5, true, [], {}]) {
  test(`the user_id ${JSON.stringify(wrong)} is refused, and named in the reason`, (t) => {
    t.regex(reasonOf(parseCreateMessage(json({ ...create, user_id: wrong }))), /^user_id: expected/);
    t.regex(reasonOf(parseCancelMessage(json({ ...cancel, user_id: wrong }))), /^user_id: expected/);
  });
}

test('an amount beyond the range of a number is refused, and not rounded', (t) => {
  const text = JSON.stringify(create).replace('2500', '9007199254740993');
  t.regex(reasonOf(parseCreateMessage(Buffer.from(text))), /^amount: /);
});

test('a number beyond 2^53 is refused where a string is expected', (t) => {
  const text = JSON.stringify({ ...create, items: [{ ...create.items[0], sku: 7 }] }).replace(
    '"sku":7',
    `"sku":${'9'.repeat(40)}`,
  );
  t.regex(reasonOf(parseCreateMessage(Buffer.from(text))), /^items\.0\.sku: /);
});

test('an order id in capitals names the same order', (t) => {
  const parsed = parseCancelMessage(json({ ...cancel, order_id: checkout.orderId.toUpperCase() }));
  t.is(parsed.ok && parsed.message.order_id, checkout.orderId);
});

test('unknown fields are ignored', (t) => {
  const parsed = parseCreateMessage(
    json({ ...create, warehouse: 'north', items: [{ ...create.items[0], gift: true }] }),
  );
  t.deepEqual(parsed, { ok: true, message: create });
});

test('a cancel message needs only its order id', (t) => {
  t.true(parseCancelMessage(json({ order_id: checkout.orderId })).ok);
});

test('null, as Go encodes a nil pointer, counts as a missing field', (t) => {
  t.true(parseCancelMessage(json({ order_id: checkout.orderId, user_id: null, created_at: null, reason: null })).ok);
});

for (const [field, wrong] of [
  ['order_id', '42'],
  ['items', []],
  ['amount', -1],
  ['currency', 'euro'],
  ['created_at', '01.03.2026'],
  ['expires_at', '2026-13-41T10:00:00Z'],
] as const) {
  test(`a wrong ${field} is named in the reason`, (t) => {
    t.regex(reasonOf(parseCreateMessage(json({ ...create, [field]: wrong }))), new RegExp(`^${field}: `));
  });

  test(`a missing ${field} is named in the reason`, (t) => {
    t.regex(reasonOf(parseCreateMessage(json({ ...create, [field]: undefined }))), new RegExp(`^${field}: `));
  });
}

test('a wrong line is named by its index', (t) => {
  const items = [create.items[0], { sku: 'mug-red', quantity: 0, unit_price: 1 }];
  t.regex(reasonOf(parseCreateMessage(json({ ...create, items }))), /^items\.1\.quantity: /);
});

test('the reason of a message with many problems stays short', (t) => {
  const items = Array.from({ length: 10_000 }, () => ({ sku: '', quantity: 0, unit_price: -1 }));
  const reason = reasonOf(parseCreateMessage(json({ ...create, items })));
  t.regex(reason, /; and 29995 more$/);
  t.true(reason.length < 1000);
});

for (const [what, content] of [
  ['empty', Buffer.alloc(0)],
  ['not JSON', Buffer.from('{"order_id": ')],
  ['broken UTF-8', Buffer.concat([Buffer.from('{"reason": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
  ['nested without end', Buffer.from('['.repeat(200_000))],
  ['nested very deep', Buffer.from('['.repeat(200_000) + ']'.repeat(200_000))],
] as const) {
  test(`a message that is ${what} is refused with its size`, (t) => {
    t.is(reasonOf(parseCancelMessage(content)), `not JSON in UTF-8 (${content.length} bytes)`);
  });
}

test('a message of ten megabytes is read', (t) => {
  const parsed = parseCancelMessage(json({ order_id: checkout.orderId, padding: 'x'.repeat(10_000_000) }));
  t.true(parsed.ok);
});

const decided = (parsed: { readonly ok: boolean }): boolean => typeof parsed.ok === 'boolean';

testProp('any bytes are parsed or refused, and never throw', [fc.uint8Array()], (t, bytes) => {
  t.true(decided(parseCreateMessage(Buffer.from(bytes))) && decided(parseCancelMessage(Buffer.from(bytes))));
});

testProp('any JSON is parsed or refused, and never throws', [fc.json()], (t, text) => {
  t.true(decided(parseCreateMessage(Buffer.from(text))) && decided(parseCancelMessage(Buffer.from(text))));
});

testProp(
  'any value of one field is parsed or refused, and never throws',
  [fc.constantFrom(...Object.keys(create)), fc.jsonValue()],
  (t, field, value) => {
    t.true(decided(parseCreateMessage(json({ ...create, [field]: value }))));
  },
);
