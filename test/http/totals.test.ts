import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { mergeLines } from '../../src/domain/allocation.js';
import type { CheckoutRequest, CheckoutResult } from '../../src/domain/checkout.js';
import { fingerprintOf } from '../../src/http/fingerprint.js';
import { serveShop } from '../helpers/app.js';
import { checkout } from '../helpers/broker.js';

/** The fields by which the shop says what an order costs beside its lines, as the API reads and refuses them. */

const TOKEN = 'the-token-of-the-backend-of-a-shop';
const line = { sku: 'mug', quantity: 1 };
const shipping = { kind: 'shipping', label: 'Parcel', amount: 490 };

interface Refused {
  readonly type: string;
  readonly orderId?: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
}

async function shopOf(t: ExecutionContext, result: CheckoutResult = { kind: 'reserved', replayed: false, checkout }) {
  const asked: CheckoutRequest[] = [];
  const url = await serveShop(t, {
    checkoutTokens: [TOKEN],
    checkoutOpen: true,
    checkout: async (request) => {
      asked.push(request);
      return result;
    },
  });
  const buy = async (body: object, { token = TOKEN } = {}) => {
    const response = await fetch(`${url}/checkout`, {
      method: 'POST',
      headers: { 'idempotency-key': 'one', ...(token !== '' && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ userId: 7, items: [line], ...body }),
    });
    return { status: response.status, body: (await response.json()) as Refused };
  };
  return { asked, buy };
}

test('the fields arrive in the form in which the shop keeps texts', async (t) => {
  const { asked, buy } = await shopOf(t);
  const { status } = await buy({
    items: [{ ...line, unitPrice: 0 }],
    adjustments: [{ amount: 490, label: 'Po\u0308rto', kind: 'shipping' }],
    reference: 'gro\u0308\u00dfe',
    metadata: { note: 'o\u0308\n' },
  });
  t.is(status, 201);
  t.like(asked[0], {
    lines: [{ sku: 'mug', quantity: 1, unitPrice: 0 }],
    adjustments: [{ kind: 'shipping', label: 'P\u00f6rto', amount: 490 }],
    reference: 'gr\u00f6\u00dfe',
    metadata: { note: 'o\u0308\n' },
  });
});

test('an empty list and an empty object are as if they were absent', async (t) => {
  const { asked, buy } = await shopOf(t);
  for (const body of [{}, { adjustments: [], metadata: {} }]) t.is((await buy(body)).status, 201);
  t.deepEqual(asked[0]?.fingerprint, asked[1]?.fingerprint);
  for (const name of ['adjustments', 'reference', 'metadata']) t.false(name in (asked[1] ?? {}), name);
});

const many = (count: number, value: (index: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`name ${index}`, value(index)]));

for (const [what, body, pointer] of [
  ['an unknown kind', { adjustments: [{ ...shipping, kind: 'gift' }] }, '/adjustments/0/kind'],
  ['a discount that adds', { adjustments: [{ ...shipping, kind: 'discount' }] }, '/adjustments/0/amount'],
  ['shipping that takes', { adjustments: [{ ...shipping, amount: -1 }] }, '/adjustments/0/amount'],
  ['half a cent', { adjustments: [{ ...shipping, amount: 0.5 }] }, '/adjustments/0/amount'],
  ['more than the limit', { adjustments: [{ ...shipping, amount: 1_000_000_000_001 }] }, '/adjustments/0/amount'],
  ['included shipping', { adjustments: [{ ...shipping, included: true }] }, '/adjustments/0/included'],
  [
    'a tax that is not included',
    { adjustments: [{ ...shipping, kind: 'tax', included: false }] },
    '/adjustments/0/included',
  ],
  ['an empty label', { adjustments: [{ ...shipping, label: '' }] }, '/adjustments/0/label'],
  ['a label of 101 characters', { adjustments: [{ ...shipping, label: 'x'.repeat(101) }] }, '/adjustments/0/label'],
  ['a label with a line break', { adjustments: [{ ...shipping, label: 'a\nb' }] }, '/adjustments/0/label'],
  ['an unknown field', { adjustments: [{ ...shipping, taxed: true }] }, '/adjustments/0/taxed'],
  ['51 adjustments', { adjustments: Array(51).fill(shipping) }, '/adjustments'],
  ['a negative price', { items: [{ ...line, unitPrice: -1 }] }, '/items/0/unitPrice'],
  [
    'two prices of one SKU',
    {
      items: [
        { ...line, unitPrice: 1 },
        { ...line, unitPrice: 2 },
      ],
    },
    '/items/1/unitPrice',
  ],
  ['a price of one line of two', { items: [{ ...line, unitPrice: 1 }, line] }, '/items/1/unitPrice'],
  ['an empty reference', { reference: '' }, '/reference'],
  ['a reference with a blank at its end', { reference: 'A-1 ' }, '/reference'],
  ['a reference of 65 characters', { reference: '鞋'.repeat(65) }, '/reference'],
  ['a reference that is a number', { reference: 1001 }, '/reference'],
  ['21 names', { metadata: many(21, () => 'x') }, '/metadata'],
  ['a name of 41 characters', { metadata: { ['x'.repeat(41)]: '' } }, `/metadata/${'x'.repeat(41)}`],
  ['an empty name', { metadata: { '': 'x' } }, '/metadata/'],
  ['a text of 501 characters', { metadata: { note: 'é'.repeat(501) } }, '/metadata/note'],
  ['a value that is no text', { metadata: { note: 5 } }, '/metadata/note'],
  ['a NUL', { metadata: { note: 'a\u0000b' } }, '/metadata/note'],
  ['half of a surrogate pair', { metadata: { note: '\ud800' } }, '/metadata/note'],
  ['a list as metadata', { metadata: ['x'] }, '/metadata'],
] as const) {
  test(`${what} is refused by name`, async (t) => {
    const { asked, buy } = await shopOf(t);
    const { status, body: refused } = await buy(body);
    t.is(status, 422);
    t.deepEqual(
      refused.errors.map((error) => error.pointer),
      [pointer],
    );
    t.deepEqual(asked, []);
  });
}

test('a discount of nothing is a discount', async (t) => {
  const { buy } = await shopOf(t);
  t.is((await buy({ adjustments: [{ ...shipping, kind: 'discount', amount: 0 }] })).status, 201);
});

test('all texts at their limits fit into a body', async (t) => {
  const { buy } = await shopOf(t);
  const adjustments = Array(50).fill({ ...shipping, label: '\u{1f45f}'.repeat(100), amount: 1_000_000_000_000 });
  const metadata = many(20, () => '鞋'.repeat(500));
  t.is((await buy({ adjustments, metadata, reference: '鞋'.repeat(64) })).status, 201);
});

test('only the backend may send prices and adjustments; reference and metadata are for everybody', async (t) => {
  const { asked, buy } = await shopOf(t);
  const { status, body } = await buy(
    { adjustments: [], items: [line, { sku: 'lamp', quantity: 1, unitPrice: 0 }] },
    { token: '' },
  );
  t.is(status, 422);
  t.deepEqual(
    body.errors.map(({ pointer }) => pointer),
    ['/adjustments', '/items/1/unitPrice'],
  );
  t.deepEqual(asked, []);
  t.is((await buy({ reference: 'A-1', metadata: { a: 'b' } }, { token: '' })).status, 201);
});

test('a used reference names its order to the backend and to the same customer, and to nobody else', async (t) => {
  const orderId = checkout.orderId;
  const refused = (ofSameUser: boolean): CheckoutResult => ({ kind: 'reference-used', orderId, ofSameUser });
  const own = await shopOf(t, refused(true));
  const others = await shopOf(t, refused(false));
  for (const [{ buy }, token, named] of [
    [others, TOKEN, orderId],
    [own, '', orderId],
    [others, '', undefined],
  ] as const) {
    const { status, body } = await buy({ reference: 'A-1' }, { token });
    t.is(status, 409);
    t.is(body.type, 'urn:order-bridge:problem:reference-used');
    t.is(body.orderId, named);
    t.is(JSON.stringify(body).includes(orderId), named !== undefined);
    t.is(body.errors[0]?.pointer, '/reference');
  }
});

test('a checkout without the new fields keeps the fingerprint of earlier versions, and each new field changes it', (t) => {
  const asked = [7, mergeLines([line])];
  const none = { paymentMethod: undefined };
  // SHA-256 of [7,[{"sku":"mug","quantity":1}]].
  t.is(
    fingerprintOf(asked, none).toString('hex'),
    createHash('sha256')
      .update(JSON.stringify([7, [line]]))
      .digest('hex'),
  );
  const adjustment = { kind: 'tax', label: 'VAT', amount: 1 } as const;
  const all = [
    fingerprintOf(asked, none),
    fingerprintOf([7, mergeLines([{ ...line, unitPrice: 1250 }])], none),
    fingerprintOf(asked, { paymentMethod: 'card' }),
    fingerprintOf(asked, { ...none, adjustments: [adjustment] }),
    fingerprintOf(asked, { ...none, adjustments: [{ ...adjustment, included: true }] }),
    fingerprintOf(asked, { ...none, adjustments: [{ ...adjustment, label: 'VAT ' }] }),
    fingerprintOf(asked, { ...none, reference: 'VAT' }),
    fingerprintOf(asked, { ...none, metadata: { a: 'b' } }),
    fingerprintOf(asked, { ...none, metadata: { a: 'c' } }),
  ].map((fingerprint) => fingerprint.toString('hex'));
  t.is(new Set(all).size, all.length);
  const [one, other] = [
    { a: '1', b: '2' },
    { b: '2', a: '1' },
  ];
  t.deepEqual(fingerprintOf(asked, { ...none, metadata: one }), fingerprintOf(asked, { ...none, metadata: other }));
});
