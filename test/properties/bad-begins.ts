import fc from 'fast-check';
import { type BadBody, extra, inherited, type Leaf, notJson, twice, wrongValue } from './bad-json.js';

/** Requests to begin a payment that are wrong in one place. Every field may be missing, and so may the body. */

const validBegin = {
  provider: 'standard-webhooks',
  as: 'page',
  returnUrl: 'https://shop.example.com/thanks',
  cancelUrl: 'https://shop.example.com/cart',
};

const isPage = (value: unknown): boolean =>
  typeof value === 'string' &&
  URL.canParse(value) &&
  /^https?:$/.test(new URL(value).protocol) &&
  new URL(value).username + new URL(value).password === '';

const leaves: readonly Leaf[] = [
  { path: ['provider'], isRight: (value) => value === 'standard-webhooks' },
  { path: ['as'], isRight: (value) => value === 'page' },
  { path: ['returnUrl'], isRight: isPage },
  { path: ['cancelUrl'], isRight: isPage },
];

const addresses = [
  'javascript:alert(1)',
  'ftp://shop.example.com/',
  '//shop.example.com',
  'https://ada:x@shop.example.com/',
];
const longest = `https://shop.example.com/${'a'.repeat(1_976)}`;

export const badBegin: fc.Arbitrary<BadBody> = fc.oneof(
  { weight: 8, arbitrary: wrongValue(validBegin, leaves) },
  { weight: 4, arbitrary: extra(validBegin, [[]]) },
  { weight: 1, arbitrary: twice(validBegin, ['as']) },
  { weight: 1, arbitrary: inherited(validBegin) },
  { weight: 3, arbitrary: notJson(validBegin).filter(({ body }) => body.length > 0) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...addresses, longest).map((returnUrl) => ({
      body: Buffer.from(JSON.stringify({ ...validBegin, returnUrl })),
      field: 'returnUrl',
    })),
  },
);
