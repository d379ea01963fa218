import fc from 'fast-check';
import { type BadBody, extra, type Leaf, missing, twice, wrongValue } from './bad-json.js';

/** Checkouts of the shop's own backend that are wrong in what they add to the order. */

export const validExtras = {
  userId: 7,
  items: [{ sku: 'mug', quantity: 2, unitPrice: 1_000 }],
  adjustments: [
    { kind: 'shipping', label: 'Parcel', amount: 490 },
    { kind: 'tax', label: 'VAT', amount: 399, included: true },
    { kind: 'discount', label: 'WELCOME', amount: -500 },
  ],
  reference: 'A-1001',
  metadata: { note: 'by the door' },
};

const MOST = 1_000_000_000_000;

const isAmount = (value: unknown, lowest: number, highest: number): boolean =>
  Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest;

/** Written without the code of src/: the fragments have no character that is neither printable nor one of these. */
const isPrintable = (value: unknown, longest: number): boolean =>
  typeof value === 'string' &&
  value.normalize('NFC') !== '' &&
  [...value.normalize('NFC')].length <= longest &&
  value.trim() === value &&
  ![...value.normalize('NFC')].some((character) => /[\p{C}\p{Zl}\p{Zp}]/u.test(character));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.isWellFormed() && [...value].length <= 500 && !/[^\P{Cc}\t\n\r]/u.test(value);

const isMetadata = (value: unknown): boolean =>
  isObject(value) &&
  Object.keys(value).length <= 20 &&
  Object.entries(value).every(([name, text]) => isPrintable(name, 40) && isText(text));

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const leaves: readonly Leaf[] = [
  { path: ['items', 0, 'unitPrice'], isRight: (value) => isAmount(value, 0, MOST) },
  { path: ['adjustments'], isRight: isEmptyList },
  { path: ['adjustments', 1], isRight: () => false },
  {
    path: ['adjustments', 0, 'kind'],
    // In this order: a deep list has no text.
    isRight: (value) => typeof value === 'string' && ['shipping', 'fee', 'tax'].includes(value),
  },
  { path: ['adjustments', 0, 'label'], isRight: (value) => isPrintable(value, 100) },
  { path: ['adjustments', 0, 'amount'], isRight: (value) => isAmount(value, 0, MOST) },
  { path: ['adjustments', 1, 'included'], isRight: (value) => value === true },
  { path: ['adjustments', 2, 'amount'], isRight: (value) => isAmount(value, -2_490, 0) },
  { path: ['reference'], isRight: (value) => isPrintable(value, 64) },
  { path: ['metadata'], isRight: isMetadata },
  { path: ['metadata', 'note'], isRight: isText },
];

const required = (name: string): readonly Leaf[] =>
  [0, 1, 2].map((index) => ({ path: ['adjustments', index, name], isRight: () => false }));

const objects = [[], ['items', 0], ['adjustments', 0], ['adjustments', 1], ['adjustments', 2]] as const;

export const badExtras: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 12, arbitrary: wrongValue(validExtras, leaves) },
  { weight: 2, arbitrary: missing(validExtras, ['kind', 'label', 'amount'].flatMap(required)) },
  { weight: 5, arbitrary: extra(validExtras, objects).filter(({ field }) => field !== 'adjustments[0].included') },
  { weight: 2, arbitrary: twice(validExtras, ['adjustments']) },
);

/** The same fields, all of them right, and sent by somebody else. */
export const extrasOfCustomers: fc.Arbitrary<BadBody> = fc
  .constantFrom(
    { field: 'adjustments', body: { adjustments: validExtras.adjustments } },
    { field: 'adjustments', body: { adjustments: [] } },
    { field: 'items[0].unitPrice', body: { items: validExtras.items } },
    { field: 'items[0].unitPrice', body: { items: [{ ...validExtras.items[0], unitPrice: 0 }] } },
  )
  .map(({ field, body }) => ({
    field,
    body: Buffer.from(JSON.stringify({ userId: 7, items: [{ sku: 'mug', quantity: 1 }], ...body })),
  }));
